"""One Parquet part and one manifest an input file, both there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aponia.literature.record import Record
from aponia.literature.scan.cases import CASE_SCHEMA_VERSION, case_schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COLUMNS", "SCHEMA_VERSION", "Found", "Job", "Part", "PartWriter", "Trouble", "digest_of", "fitting", "read_parts", "schema"]  # fmt: skip

#: Raised whenever a column changes its name, type or meaning: parts of another version are redone.
SCHEMA_VERSION = 1
#: Column -> (Arrow type, meaning).
COLUMNS = {
    "id": ("string", "the identifier the source gives"),
    "pmid": ("string", "PubMed identifier"),
    "version": ("int32", "version of the PubMed record, 1 elsewhere"),
    "title": ("string", ""), "abstract": ("string", "sections with their labels, one text"),
    "authors": ("list", "'Family, Given' each"), "year": ("int32", "year of publication, null when not stated"),
    "journal": ("string", ""), "volume": ("string", ""), "issue": ("string", ""), "pages": ("string", ""),
    "doi": ("string", "lower case, without resolver address"), "nct": ("string", "ClinicalTrials.gov identifier"),
    "registrations": ("list", "all registry numbers named"), "keywords": ("list", "of the authors"),
    "mesh": ("list", "'Heading/Qualifier/…' each"), "types": ("list", "publication types"),
    "issn": ("string", ""), "language": ("string", ""), "url": ("string", ""), "source": ("string", "PubMed, OpenAlex, …"),
    "file": ("string", "name of the input file"), "offset": ("int64", "where the record begins in the inflated file, bytes"),
    "length": ("int32", "bytes of the record"),
}  # fmt: skip
_MANIFESTS = "_manifests"
_GROUP = 2000


@dataclass(frozen=True)
class Job:
    """One file to scan; everything a worker needs to know.

    Parameters
    ----------
    path, out : str
        Absolute; on a cluster every worker sees the same file system.
    name : str
        Of the part, without ending.
    query : str
        As printed from its tree.
    block : int
        Inflated bytes looked at together; 0 for the default.
    cases : bool
        The file is a quarter of FAERS; the part then has `cases.CASE_COLUMNS`.
    """

    path: str
    out: str
    name: str
    query: str
    block: int = 0
    cases: bool = False


@dataclass(frozen=True)
class Found:
    """A record that matched, and where it stood."""

    record: Record
    offset: int
    length: int
    version: int


@dataclass(frozen=True)
class Trouble:
    """Something wrong with an input: ``kind`` is note, record, row (`offset` is then a line), damage, file or killed."""

    kind: str
    offset: int
    message: str


@dataclass
class Part:
    """What is known of one input after it was scanned: the content of its manifest.

    Parameters
    ----------
    state : str
        ``complete``; ``damaged``: everything before the damage was scanned; ``failed``: nothing could
        be read; ``killed``: its workers died. Only the first is not scanned again by the next run.
    records, parsed, matches : int
        In the file; of these, parsed because they might match; of these, matching.
    bytes : int
        Inflated.
    deleted : list of str
        PubMed identifiers that an update file withdraws, case numbers that a quarter of FAERS does.
    dropped : dict of str to int
        Of a quarter, reports that are not the latest version of their case, and cases withdrawn.
    """

    name: str
    file: str
    path: str
    size: int
    mtime_ns: int
    query: str
    digest: str
    state: str = "failed"
    records: int = 0
    parsed: int = 0
    matches: int = 0
    bytes: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    md5: str = ""
    part_bytes: int = -1
    n_problems: int = 0
    problems: list[Trouble] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    cases: bool = False

    @classmethod
    def begin(cls, job: Job) -> Part:
        """Return an empty part for a job; the size is -1 when the file can not be seen."""
        path = Path(job.path)
        try:
            stat = path.stat()
            size, mtime = stat.st_size, stat.st_mtime_ns
        except OSError:
            size, mtime = -1, -1
        return cls(job.name, path.name, job.path, size, mtime, job.query, digest_of(job.query, cases=job.cases), cases=job.cases)  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the part as JSON-safe values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Part:
        """Build a part from what `to_dict` returned.

        Raises
        ------
        TypeError, KeyError
            Not such a dictionary.
        """
        known = {f.name for f in fields(cls)}
        values = {k: v for k, v in data.items() if k in known}
        values["problems"] = [Trouble(**p) for p in values.get("problems", [])]
        return cls(**values)


def digest_of(query: str, *, cases: bool = False) -> str:
    """Return what tells apart parts of another query or of other columns."""
    version = f"faers {CASE_SCHEMA_VERSION}" if cases else SCHEMA_VERSION
    return hashlib.sha256(f"{version}\n{query}".encode()).hexdigest()


def schema() -> pa.Schema:
    """Return the columns as an Arrow schema; their meaning stands in each field's metadata."""
    import pyarrow as pa

    kinds = {"string": pa.string(), "int32": pa.int32(), "int64": pa.int64(), "list": pa.list_(pa.string())}  # fmt: skip
    return pa.schema(
        [pa.field(name, kinds[kind], metadata={"meaning": meaning} if meaning else None) for name, (kind, meaning) in COLUMNS.items()],
        metadata={"aponia.scan": str(SCHEMA_VERSION)},
    )  # fmt: skip


def part_path(out: str | Path, name: str) -> Path:
    """Return where the part of that name lies."""
    return Path(out) / f"{name}.parquet"


def manifest_path(out: str | Path, name: str) -> Path:
    """Return where its manifest lies."""
    return Path(out) / _MANIFESTS / f"{name}.json"


class PartWriter:
    """Write one part: rows into a file nobody reads, which takes its name only when it is whole."""

    def __init__(self, job: Job) -> None:
        import pyarrow.parquet as pq

        self._job = job
        self._final = part_path(job.out, job.name)
        self._temporary = Path(job.out) / f".{job.name}.{os.getpid()}.partial"
        manifest_path(job.out, job.name).parent.mkdir(parents=True, exist_ok=True)
        columns = case_schema() if job.cases else schema()
        self._schema = columns.with_metadata({**columns.metadata, "aponia.query": job.query})
        self._writer = pq.ParquetWriter(self._temporary, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self.rows = 0

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()
        self._temporary.unlink(missing_ok=True)

    def add(self, found: Found) -> None:
        """Add one record."""
        row = {n: getattr(found.record, n, None) for n in COLUMNS}
        row |= {"version": found.version, "offset": found.offset, "length": found.length}
        row["file"] = Path(self._job.path).name
        self.add_row(row)

    def add_row(self, row: dict[str, Any]) -> None:
        """Add a row with the columns of the part."""
        self._rows.append(row)
        self.rows += 1
        if len(self._rows) >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []

    def finish(self, part: Part) -> None:
        """Give the part its name, then write its manifest: in this order, so that one vouches for the other."""
        self._flush()
        self._writer.close()
        # The manifest of an earlier scan must not vouch for the part that now takes its place.
        manifest_path(self._job.out, self._job.name).unlink(missing_ok=True)
        part.part_bytes = self._temporary.stat().st_size
        _settle(self._temporary, self._final)
        write_manifest(self._job.out, part)


def write_manifest(out: str | Path, part: Part) -> None:
    """Write a manifest, whole or not at all."""
    final = manifest_path(out, part.name)
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f".{part.name}.{os.getpid()}.partial")
    temporary.write_text(json.dumps(part.to_dict(), ensure_ascii=False, indent=1), "utf-8")
    _settle(temporary, final)


def _settle(temporary: Path, final: Path) -> None:
    with temporary.open("rb+") as handle:
        os.fsync(handle.fileno())
    temporary.replace(final)
    with contextlib.suppress(OSError):
        directory = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def fitting(job: Job) -> Part | None:
    """Return the part of a job that an earlier run finished, if input, query and part are still the same."""
    part = load_manifest(manifest_path(job.out, job.name))
    if part is None or part.state != "complete":
        return None
    now = Part.begin(job)
    try:
        written = part_path(job.out, job.name).stat().st_size
    except OSError:
        return None
    same = (part.path, part.size, part.mtime_ns, part.digest) == (now.path, now.size, now.mtime_ns, now.digest)  # fmt: skip
    return part if same and written == part.part_bytes else None


def load_manifest(path: Path) -> Part | None:
    """Return a manifest, or None when it is missing or not one."""
    try:
        return Part.from_dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def read_parts(paths: Iterable[Path]) -> Iterator[Record]:
    """Yield the records of Parquet parts, a few thousand at a time in memory.

    Raises
    ------
    ValueError
        A file that `aponia scan` did not write.
    """
    import pyarrow.parquet as pq

    names = [f.name for f in fields(Record)]
    for path in paths:
        with pq.ParquetFile(path) as parquet:
            stated = (parquet.schema_arrow.metadata or {}).get(b"aponia.scan")
            if stated != str(SCHEMA_VERSION).encode():
                raise ValueError(f"{path}: not a part of aponia scan with records, version {SCHEMA_VERSION}")  # fmt: skip
            for batch in parquet.iter_batches(batch_size=_GROUP):
                for row in batch.to_pylist():
                    yield Record.from_dict({k: v for k, v in row.items() if k in names})
