"""A delimited text file as named columns of text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aponia.meta.errors import InputError

__all__ = ["Table", "TableError", "read_table"]

_MISSING = frozenset({"", "NA", "N/A", "#N/A", "NaN", "nan", "."})
#: A table for pooling has a few thousand rows; a larger file is the wrong file.
_MAX_BYTES = 50_000_000
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_COMMA = re.compile(r"[-+−]?\d*,\d+(?:[eE][-+]?\d+)?")
#: 1,234 may be one thousand two hundred and thirty-four.
_THOUSANDS = re.compile(r"[-+−]?[1-9]\d{0,2}(?:,\d{3})+")
_DOT = re.compile(r"[-+−]?\d*\.\d+(?:[eE][-+]?\d+)?")


class TableError(InputError):
    """The table can not be read as asked; the message names file, line and column."""


@dataclass(frozen=True)
class Table:
    """Columns of text by name, all of the same length.

    Attributes
    ----------
    path : Path
    columns : dict of str to list of str
    lines : list of int
        Line of the file on which each row starts.
    delimiter : str
    decimal : {"auto", ".", ","}
        "auto": per column, told by its cells.
    said : list of str
        What reading the numbers showed (decimal commas), for the user.
    """

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]
    delimiter: str
    decimal: str = "auto"
    said: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def delimiter_name(self) -> str:
        """The delimiter in words."""
        return _DELIMITERS[self.delimiter]

    def has(self, *names: str) -> bool:
        """Whether all these columns are there."""
        return all(name in self.columns for name in names)

    def texts(self, name: str) -> list[str]:
        """Return a column as text, stripped.

        Raises
        ------
        TableError
            No such column.
        """
        if name not in self.columns:
            raise TableError(
                f"{self.path}: no column {name!r}; the columns are {', '.join(self.columns)}"
            )
        return self.columns[name]

    def numbers(self, name: str) -> list[float]:
        """Return a column as numbers, NaN where the cell is empty or NA.

        Raises
        ------
        TableError
            No such column, a cell that is not a number, or commas that may mean either decimals or
            thousands.
        """
        cells = self.texts(name)
        comma = self._decimal_comma(name, cells)
        out = []
        for line, cell in zip(self.lines, cells, strict=True):
            if cell in _MISSING:
                out.append(float("nan"))
                continue
            text = cell.replace("−", "-")
            if comma:
                text = text.replace(",", ".")
            try:
                value = float(text)
            except ValueError:
                raise TableError(
                    f"{self.path}, line {line}, column {name!r}: expected a number, found {cell!r}"
                ) from None
            out.append(value)
        if comma and not any("decimal comma" in said for said in self.said):
            self.said.append(f"numbers are read with a decimal comma (as in column {name!r})")
        return out

    def _decimal_comma(self, name: str, cells: Sequence[str]) -> bool:
        commas = [cell for cell in cells if _COMMA.fullmatch(cell)]
        if self.decimal != "auto" or not commas:
            return self.decimal == ","
        if any(_DOT.fullmatch(cell) for cell in cells):
            raise TableError(
                f"{self.path}, column {name!r}: some numbers have a decimal comma ({commas[0]!r}) "
                "and some a decimal point; say which with --decimal"
            )
        if all(_THOUSANDS.fullmatch(cell) for cell in commas):
            raise TableError(
                f"{self.path}, column {name!r}: {commas[0]!r} may be a decimal comma or a thousands "
                "separator; say which with --decimal"
            )
        return True

    def is_numeric(self, name: str) -> bool:
        """Whether a column holds numbers (and missing cells) only, and at least one number."""
        try:
            values = self.numbers(name)
        except TableError:
            return False
        return any(value == value for value in values)

    def take(self, rows: Sequence[int]) -> Table:
        """Return the table with some of its rows."""
        columns = {name: [cells[i] for i in rows] for name, cells in self.columns.items()}
        lines = [self.lines[i] for i in rows]
        return Table(self.path, columns, lines, self.delimiter, self.decimal, self.said)

    def where(self, conditions: Sequence[str]) -> Table:
        """Keep the rows on which every condition ``COLUMN=VALUE`` holds.

        Raises
        ------
        TableError
            A condition without ``=``, an unknown column, or no row left.
        """
        rows = list(range(len(self)))
        for condition in conditions:
            name, equal, value = condition.partition("=")
            if not equal:
                raise TableError(f"--where {condition!r}: expected COLUMN=VALUE")
            cells = self.texts(name.strip())
            rows = [i for i in rows if cells[i] == value.strip()]
            if not rows:
                raise TableError(
                    f"{self.path}: no row with {condition!r}; the column holds "
                    f"{', '.join(sorted(set(cells))[:12])}"
                )
        return self.take(rows)


def read_table(path: Path, *, delimiter: str | None = None, decimal: str = "auto") -> Table:
    """Read a delimited text file with a header line.

    Parameters
    ----------
    path : Path
    delimiter : str, optional
        Comma, semicolon or tab; by default the one that the header line has most of.
    decimal : {"auto", ".", ","}

    Returns
    -------
    Table

    Raises
    ------
    TableError
        Not found, too large, not UTF-8, empty, ragged or with a repeated column name.
    """
    if decimal not in ("auto", ".", ","):
        raise TableError(f"decimal={decimal!r}: expected '.', ',' or 'auto'")
    if not path.is_file():
        raise TableError(f"{path}: no such file")
    if path.stat().st_size > _MAX_BYTES:
        raise TableError(f"{path}: {path.stat().st_size} bytes, expected at most {_MAX_BYTES}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: not UTF-8 text (byte {error.start})") from None
    if not text.strip():
        raise TableError(f"{path}: the file is empty")
    first = text.lstrip("\n").splitlines()[0]
    chosen = delimiter or max(_DELIMITERS, key=lambda d: _count(first, d))
    if chosen not in _DELIMITERS:
        raise TableError(f"delimiter={chosen!r}: expected a comma, a semicolon or a tab")
    reader = csv.reader(io.StringIO(text), delimiter=chosen)
    header: list[str] = []
    body, lines, start = [], [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                if not header:
                    header = _header(path, row)
                elif len(row) != len(header):
                    raise TableError(
                        f"{path}, line {start}: {len(row)} cells, expected {len(header)}"
                    )
                else:
                    body.append([cell.strip() for cell in row])
                    lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise TableError(f"{path}, line {reader.line_num}: {error}") from None
    if not body:
        raise TableError(f"{path}: the file is empty but for its header")
    columns = {name: [row[i] for row in body] for i, name in enumerate(header)}
    return Table(path, columns, lines, chosen, decimal)


def _count(line: str, delimiter: str) -> int:
    return len(next(csv.reader([line], delimiter=delimiter)))


def _header(path: Path, row: Sequence[str]) -> list[str]:
    # Exports of R have an unnamed first column of row numbers.
    header = [name.strip() for name in row]
    if len(set(header)) != len(header):
        raise TableError(f"{path}: a column name occurs twice in {header}")
    return header
