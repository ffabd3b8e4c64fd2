"""A user's CSV as named columns, without guessing: the delimiter is sniffed and can be told."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Table", "TableError", "read_table"]

_MISSING = frozenset({"", "NA", "NaN", "nan", "."})
#: A table for pooling has a few thousand rows; a larger file is the wrong file.
_MAX_BYTES = 50_000_000


class TableError(ValueError):
    """The table can not be read as asked; the message names file, line and column."""


@dataclass(frozen=True)
class Table:
    """Columns of text by name, all of the same length."""

    path: Path
    columns: dict[str, list[str]]

    def texts(self, name: str) -> list[str]:
        """Return a column as text."""
        if name not in self.columns:
            raise TableError(
                f"{self.path}: no column {name!r}; the columns are {', '.join(self.columns)}"
            )
        return self.columns[name]

    def numbers(self, name: str) -> list[float]:
        """Return a column as numbers, NaN where the cell is empty or NA."""
        out = []
        for row, cell in enumerate(self.texts(name), start=2):
            text = cell.strip()
            try:
                out.append(float("nan") if text in _MISSING else float(text))
            except ValueError:
                raise TableError(
                    f"{self.path}, line {row}, column {name!r}: expected a number, found {text!r}"
                ) from None
        return out


def read_table(path: Path) -> Table:
    """Read a delimited text file with a header line.

    Raises
    ------
    TableError
        Not found, too large, not UTF-8, empty, ragged or with a repeated column name.
    """
    if not path.is_file():
        raise TableError(f"{path}: no such file")
    if path.stat().st_size > _MAX_BYTES:
        raise TableError(f"{path}: {path.stat().st_size} bytes, expected at most {_MAX_BYTES}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: not UTF-8 text (byte {error.start})") from None
    lines = text.splitlines()
    if not lines:
        raise TableError(f"{path}: the file is empty")
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(lines[0], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = list(csv.reader(lines, dialect))
    header = [h.strip() for h in rows[0]]
    if len(set(header)) != len(header):
        raise TableError(f"{path}: a column name occurs twice in {header}")
    for number, row in enumerate(rows[1:], start=2):
        if row and len(row) != len(header):
            raise TableError(f"{path}, line {number}: {len(row)} cells, expected {len(header)}")
    body = [r for r in rows[1:] if r]
    return Table(path, {h: [r[i] for r in body] for i, h in enumerate(header)})
