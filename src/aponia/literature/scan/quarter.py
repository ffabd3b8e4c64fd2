"""From a zip of the FDA Adverse Event Reporting System (FAERS) to the rows of its tables.

In goes a quarterly extract (``faers_ascii_2024Q3.zip``, 2012Q4 or later): seven tables as ``$``-separated text
with a line of names, ``DEMO24Q3.txt`` and so on, and since 2019Q1 lists of the cases that were withdrawn. Out
come batches of rows. Nothing is unpacked to disk, and no table is held whole. Text that is not UTF-8 is read as
Windows-1252, line by line. The layout is that of "ASC_NTS", which the FDA puts into each extract.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TABLES", "Quarter", "QuarterError", "Tell"]

#: Table -> the columns it must have, and those it may have.
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "demo": (("primaryid", "caseid", "caseversion"), (
        "i_f_code", "event_dt", "init_fda_dt", "fda_dt", "rept_cod", "lit_ref", "age", "age_cod", "sex", "wt",
        "wt_cod", "occp_cod", "reporter_country", "occr_country")),
    "drug": (("primaryid", "role_cod", "drugname"), ("drug_seq", "prod_ai", "route", "dechal", "rechal")),
    "reac": (("primaryid", "pt"), ()),
    "indi": (("primaryid", "indi_pt"), ("indi_drug_seq",)),
    "outc": (("primaryid", "outc_cod"), ()),
    "ther": (("primaryid",), ("dsg_drug_seq", "start_dt", "end_dt")),
    "rpsr": (("primaryid", "rpsr_cod"), ()),
}  # fmt: skip
#: Names of earlier years, up to 2014Q2.
_RENAMED = {"gndr_cod": "sex", "i_f_cod": "i_f_code", "outc_code": "outc_cod"}
#: A table larger than this, or packed tighter, is none: the largest so far are some 300 MB, packed to a tenth.
LARGEST_TABLE = 4 << 30
TIGHTEST = 200
_MOST_MEMBERS = 1000
_READ = 1 << 20
_BLOCK = 4 << 20
_LONGEST_LINE = 2 << 20

#: Called with a line (0: none in particular), a message, and its kind as in `parts.Trouble`.
Tell = Callable[[int, str, str], None]


class QuarterError(ValueError):
    """The file can not be read as a quarter of FAERS; the message says what was found and expected."""


class Quarter:
    """One opened quarterly extract.

    Parameters
    ----------
    path : Path

    Raises
    ------
    QuarterError
        Not a zip, a table is missing, twice there, too large or without a column it must have.
    OSError
        The file can not be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise QuarterError(f"not a zip file, or one cut short: its table of contents is missing or broken ({error})") from None  # fmt: skip
        try:
            self._find()
            self.bytes = sum(m.file_size for m in (*self.members.values(), *self._lists))
            self._names = {table: self._columns(table) for table in self.members}
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Quarter:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def _find(self) -> None:
        """Find the tables by their names, wherever in the zip they lie."""
        entries = self._zip.infolist()
        if len(entries) > _MOST_MEMBERS:
            raise QuarterError(f"{len(entries)} files in this zip, expected some twenty")
        self.members: dict[str, zipfile.ZipInfo] = {}
        self._lists: list[zipfile.ZipInfo] = []
        for entry in entries:
            name = entry.filename.replace("\\", "/").lower()
            base = name.rsplit("/", 1)[-1]
            if entry.is_dir() or "__macosx/" in name or base.startswith(".") or base.endswith((".pdf", ".doc", ".docx")):  # fmt: skip
                continue
            table = re.fullmatch(r"(demo|drug|reac|indi|outc|ther|rpsr)\d\dq[1-4]\.txt", base)
            if table:
                if table[1] in self.members:
                    raise QuarterError(f"two tables {table[1].upper()}: {self.members[table[1]].filename} and {entry.filename}")  # fmt: skip
                self.members[table[1]] = entry
            elif "delet" in name:
                # Five ways to name these lists since 2019; what they share is this.
                self._lists.append(entry)
            else:
                continue
            if entry.flag_bits & 1:
                raise QuarterError(f"{entry.filename}: encrypted")
            if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise QuarterError(f"{entry.filename}: packed with method {entry.compress_type}, expected 0 or 8 (stored, deflated)")  # fmt: skip
            if entry.file_size > LARGEST_TABLE:
                raise QuarterError(f"{entry.filename}: {entry.file_size:,} bytes, expected at most {LARGEST_TABLE:,}")  # fmt: skip
            if entry.file_size > _READ and entry.file_size > TIGHTEST * entry.compress_size:
                raise QuarterError(f"{entry.filename}: {entry.file_size:,} bytes out of {entry.compress_size:,}, expected at most {TIGHTEST} times as many")  # fmt: skip
        missing = [t.upper() for t in TABLES if t not in self.members]
        if missing:
            raise QuarterError(f"no table {', '.join(missing)} in this zip; expected {', '.join(t.upper() for t in TABLES)}, as in an ASCII extract of 2012Q4 or later")  # fmt: skip

    def _columns(self, table: str) -> list[str]:
        member = self.members[table]
        try:
            with self._zip.open(member) as handle:
                first, second = handle.readline(65536), handle.readline(65536)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise QuarterError(f"{member.filename}: can not be read ({error})") from None
        text = first.decode("utf-8-sig", "replace").strip("\r\n")
        names = [_RENAMED.get(n, n) for n in (name.strip().lower() for name in text.split("$"))]
        missing = [n for n in TABLES[table][0] if n not in names]
        if missing:
            raise QuarterError(f"{member.filename}: no column {', '.join(missing)}; its first line is {text[:200]!r}")  # fmt: skip
        if len({n for n in names if n}) < len([n for n in names if n]):
            raise QuarterError(f"{member.filename}: a column stands twice in its first line {text[:200]!r}")  # fmt: skip
        # Some years end each row with a separator, but not the line of names.
        if second.count(b"$") == len(names) and second.rstrip(b"\r\n").endswith(b"$"):
            names.append("")
        return [n or f"_{i}" for i, n in enumerate(names)]

    def rows(self, table: str, columns: tuple[str, ...], tell: Tell) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table, with `primaryid` as int64 and the other columns as strings, blanks kept.

        Parameters
        ----------
        table : str
            One of `TABLES`.
        columns : tuple of str
            Beside `primaryid`; those the extract does not have are empty.
        tell : callable
            Told of rows left out and of damage; rows behind damage are lost.
        """
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc
        from pyarrow import csv

        names, file = self._names[table], self.members[table].filename.rsplit("/", 1)[-1]
        wanted = ["primaryid", *columns]
        skipped: list[int] = []

        def wrong(row: Any) -> str:
            skipped.append(row.number)
            tell(row.number, f"{file}, line {row.number}: {row.actual_columns} fields, expected {row.expected_columns}; row left out", "row")  # fmt: skip
            return "skip"

        given = 0
        source = _WholeLines(self._zip, self.members[table], tell)
        with source:
            try:
                reader = csv.open_csv(
                    source,
                    read_options=csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=names, skip_rows=1),
                    parse_options=csv.ParseOptions(delimiter="$", quote_char=False, invalid_row_handler=wrong, ignore_empty_lines=False),
                    convert_options=csv.ConvertOptions(
                        column_types={n: pa.string() for n in wanted}, include_columns=wanted, include_missing_columns=True),
                )  # fmt: skip
            except pa.ArrowInvalid:
                return  # no row behind the names
            for batch in _until_broken(reader, file, tell):
                texts = [c if c.null_count == 0 else pc.fill_null(c, "") for c in batch.columns]
                trimmed = pc.utf8_trim_whitespace(texts[0])
                good = pc.match_substring_regex(trimmed, "^[0-9]{1,18}$")
                if not pc.all(good).as_py():
                    for i in np.flatnonzero(~good.to_numpy(zero_copy_only=False)).tolist():
                        # An empty line is no row.
                        if any(t[i].as_py() for t in texts):
                            line = _line(given + i, skipped)
                            tell(line, f"{file}, line {line}: primaryid is {trimmed[i].as_py()[:30]!r}, expected a number; row left out", "row")  # fmt: skip
                    trimmed, texts = trimmed.filter(good), [t.filter(good) for t in texts]
                given += batch.num_rows
                yield pa.RecordBatch.from_arrays([pc.cast(trimmed, pa.int64()), *texts[1:]], names=wanted)  # fmt: skip

    def withdrawn(self, tell: Tell) -> set[int]:
        """Return the case numbers (`caseid`) in the lists of withdrawn cases."""
        out: set[int] = set()
        for member in self._lists:
            with _WholeLines(self._zip, member, tell) as source:
                at = 0
                while block := source.read(_READ, whole=True):
                    for line in block.split(b"\n"):
                        at += 1
                        word = line.strip(b"\xef\xbb\xbf \t\r$\x1a\0").decode("utf-8", "replace")
                        if re.fullmatch(r"[0-9]{1,18}", word):
                            out.add(int(word))
                        elif word and word.lower() not in {"caseid", "case", "primaryid"}:
                            tell(at, f"{member.filename}, line {at}: {word[:30]!r}, expected a case number; left out", "row")  # fmt: skip
                    at -= block.endswith(b"\n")
        return out


def _until_broken(reader: Any, file: str, tell: Tell) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    try:
        yield from reader
    except pa.ArrowInvalid as error:
        tell(0, f"{file}: damaged: rows behind it are lost, cases may lack them, and text just before it may be wrong ({error})", "damage")  # fmt: skip


def _line(ordinal: int, skipped: list[int]) -> int:
    """Return the line at which row `ordinal` stands, when these lines before or behind it were skipped."""
    line = ordinal + 2  # counted from 1, behind the names
    for other in skipped:
        if other > line:
            break
        line += 1
    return line


class _WholeLines:
    """One member of a zip as a readable file, up to the last whole line before any damage, and all UTF-8.

    A line cut in two by damage must not be read: its last field could be half a word.
    """

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, tell: Tell) -> None:
        self._name, self._tell = member.filename, tell
        self.closed = False
        self._rest = self._ready = b""
        self._handle: Any = None
        self._end = False
        try:
            self._handle = archive.open(member)
        except (zipfile.BadZipFile, OSError) as error:
            self._damaged(error)

    def __enter__(self) -> _WholeLines:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        if not self.closed and self._handle is not None:
            self._handle.close()
        self.closed = True

    def read(self, size: int = _READ, *, whole: bool = False) -> bytes:
        """Return up to `size` bytes; with `whole`, whole lines of about as many."""
        while not self._ready and not self._end:
            self._fill()
        if whole:
            out, self._ready = self._ready, b""
            return out
        out, self._ready = self._ready[:size], self._ready[size:]
        return out

    def _fill(self) -> None:
        try:
            data = self._handle.read(_READ)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            self._damaged(error)
            return
        if data:
            cut = data.rfind(b"\n") + 1
            lines, self._rest = (self._rest + data[:cut], data[cut:]) if cut else (b"", self._rest + data)  # fmt: skip
            if len(self._rest) > _LONGEST_LINE:
                self._damaged(ValueError(f"a line of more than {_LONGEST_LINE:,} bytes"))
        else:
            lines, self._rest, self._end = self._rest, b"", True
        self._ready = _utf8(lines)

    def _damaged(self, error: Exception) -> None:
        self._end, self._rest = True, b""
        self._tell(0, f"{self._name}: damaged: rows behind it are lost, cases may lack them, and text just before it may be wrong ({error})", "damage")  # fmt: skip


def _utf8(lines: bytes) -> bytes:
    try:
        lines.decode("utf-8")
    except UnicodeDecodeError:
        return b"\n".join(_text(line).encode() for line in lines.split(b"\n"))
    return lines


def _text(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")
