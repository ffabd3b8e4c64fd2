"""Scan one file: the whole work of a worker, on this machine or on a cluster."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aponia.literature.record import Problem, Record
from aponia.literature.scan.article import Article, article_of_node, article_of_record
from aponia.literature.scan.cases import search_quarter
from aponia.literature.scan.files import BLOCK, Block, Source, blocks
from aponia.literature.scan.match import matches
from aponia.literature.scan.necessary import Clause, necessary, sieve
from aponia.literature.scan.parts import Found, Job, Part, PartWriter, Trouble
from aponia.literature.scan.quarter import QuarterError
from aponia.literature.scan.query import parse
from aponia.literature.scan.terms import Node

__all__ = ["scan_file"]

_START = re.compile(rb"<Pubmed(?:Book)?Article[\s>]")
_PMID = re.compile(rb"<PMID[^>]*>\s*(\d+)")
_DELETED = re.compile(rb"<DeleteCitation>(.*?)</DeleteCitation>", re.DOTALL)
_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_MOST_PROBLEMS = 1000


@dataclass
class _Scan:
    node: Node
    clauses: tuple[Clause, ...]
    part: Part
    lines: bool

    def trouble(self, offset: int, message: str, *, kind: str = "record") -> None:
        self.part.n_problems += 1
        if len(self.part.problems) < _MOST_PROBLEMS:
            self.part.problems.append(Trouble(kind, offset, message))

    def trouble_at(self, line: int, message: str, kind: str) -> None:
        self.trouble(line, message, kind=kind)


def scan_file(job: Job) -> Part:
    """Scan one file and write its part; what is wrong with the file stands in the part, and raises nothing.

    Parameters
    ----------
    job : Job

    Returns
    -------
    Part
        What was written, as in its manifest.

    Raises
    ------
    OSError
        The part can not be written.
    """
    started, cpu = time.perf_counter(), time.process_time()
    node = parse(job.query, cases=job.cases)
    part = Part.begin(job)
    with PartWriter(job) as writer:
        scan = _Scan(node, necessary(node), part, lines=False)
        source = Source(Path(job.path))
        try:
            if job.cases:
                clauses = necessary(node)
                for row in search_quarter(source.path, node, clauses, part, scan.trouble_at):
                    writer.add_row(row)
            else:
                for found in _search(scan, source, job.block or BLOCK):
                    writer.add(found)
        except QuarterError as error:
            scan.trouble(0, str(error), kind="file")
        except OSError as error:
            scan.trouble(0, f"the file can not be read: {error}", kind="file")
        for at, message in source.damage:
            scan.trouble(at, f"{message} (offset in the file as it is on disk)", kind="damage")
        _checksum(scan, source)
        kinds = {p.kind for p in part.problems}
        part.state = "failed" if "file" in kinds else "damaged" if "damage" in kinds else "complete"
        part.matches = writer.rows
        part.seconds = round(time.perf_counter() - started, 3)
        part.cpu_seconds = round(time.process_time() - cpu, 3)
        writer.finish(part)
    return part


def _search(scan: _Scan, source: Source, size: int) -> Iterator[Found]:
    with source.path.open("rb") as handle:
        if not handle.read(1):
            scan.trouble(0, "the file is empty", kind="file")
            return
    # What the file is shows in its first bytes; they are inflated twice, which is cheaper than a detour.
    for head in blocks(Source(source.path), lines=True, size=1):
        start = head.data[:100_000].lstrip(b"\xef\xbb\xbf \t\r\n")
        scan.lines = start.startswith((b"{", b"[")) and not start.startswith(b"[\n")
        if not scan.lines:
            if not start.startswith(b"<") or start[:14].lower().startswith((b"<!doctype html", b"<html")):  # fmt: skip
                scan.trouble(0, f"neither PubMed XML nor lines of JSON: it begins with {start[:40]!r}", kind="file")  # fmt: skip
                return
            declared = _ENCODING.match(start)
            if declared and declared.group(1).lower() not in {b"utf-8", b"utf8", b"us-ascii", b"ascii"}:  # fmt: skip
                scan.trouble(0, f"expected UTF-8, found the encoding {declared.group(1).decode()}", kind="file")  # fmt: skip
                return
        break
    for block in blocks(source, lines=scan.lines, size=size):
        scan.part.bytes += block.cuts[-1]
        for at, message in block.lost:
            scan.trouble(at, message)
        yield from (_lines if scan.lines else _articles)(scan, block)
        if not scan.lines:
            _deleted(scan, block)
    if not scan.part.records and not source.damage and not scan.part.deleted:
        scan.trouble(0, "no record in this file", kind="file" if scan.lines else "record")


def _kept(scan: _Scan, block: Block) -> Iterator[tuple[int, bytes]]:
    """Yield offset and bytes of the records that may match."""
    import numpy as np
    import pyarrow as pa

    n = len(block.cuts) - 1
    if n < 1:
        return
    if scan.clauses:
        cuts = np.array(block.cuts, dtype=np.int32)
        values = pa.Array.from_buffers(pa.binary(), n, [None, pa.py_buffer(cuts), pa.py_buffer(block.data)])  # fmt: skip
        wanted = sieve(values, scan.clauses, lines=scan.lines).tolist()
    else:
        wanted = range(n)
    for i in wanted:
        yield block.offset + block.cuts[i], block.data[block.cuts[i] : block.cuts[i + 1]]


def _articles(scan: _Scan, block: Block) -> Iterator[Found]:
    n = len(block.cuts) - 1
    scan.part.records += n
    if not block.paired:
        _unpaired(scan, block)
    for offset, data in _kept(scan, block):
        starts = [m.start() for m in _START.finditer(data)]
        if not starts:
            continue
        # The last start is the one that belongs to this end; the others have none (`_unpaired`).
        found = _article(scan, offset + starts[-1], data[starts[-1] :])
        if found:
            scan.part.parsed += 1
            if matches(scan.node, found[0]):
                yield found[1]


def _unpaired(scan: _Scan, block: Block) -> None:
    """Tell of records without an end, and of ends without a record."""
    for a, b in zip(block.cuts, block.cuts[1:], strict=False):
        starts = [m.start() for m in _START.finditer(block.data, a, b)]
        for at in starts[:-1]:
            scan.part.records += 1
            scan.trouble(block.offset + at, f"{_name(block.data[at : at + 2000])}: this record has no end, left out")  # fmt: skip
        if not starts:
            scan.part.records -= 1
            scan.trouble(block.offset + a, "the end of a record that never began")


def _article(scan: _Scan, offset: int, data: bytes) -> tuple[Article, Found] | None:
    from aponia.literature.readers.pubmed_xml import PUBMED_TAGS, pubmed_record
    from aponia.literature.readers.xmlsafe import records_of

    problems: list[Problem] = []
    result: tuple[Article, Found] | None = None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        scan.trouble(offset, f"{_name(data)}: not UTF-8 at byte {error.start}; those bytes are replaced", kind="note")  # fmt: skip
        text = data.decode("utf-8", "replace")
    try:
        # Read to the end: what had to be mended is told only there.
        for node in records_of(text, PUBMED_TAGS, scan.part.file, problems):
            pmid = node.find(".//PMID")
            version = str(pmid.get("Version") or "1") if pmid is not None else "1"
            number = int(version) if version.isascii() and version.isdecimal() else 1
            result = article_of_node(node), Found(pubmed_record(node, ""), offset, len(data), number)  # fmt: skip
    except Exception as error:
        # Whatever one record holds, it must not stop the others from being read.
        problems.append(Problem("", 0, f"{type(error).__name__}: {error}"))
    if result and not problems:
        return result
    why = problems[0].message if problems else "no article in it"
    scan.trouble(offset, f"{_name(data)}: malformed, left out ({why})")
    return None


def _name(data: bytes) -> str:
    found = _PMID.search(data[:4000])
    return f"PMID {found.group(1).decode()}" if found else "a record without a PMID"


def _deleted(scan: _Scan, block: Block) -> None:
    # Withdrawals stand behind the last record.
    if block.data.find(b"</DeleteCitation>", block.cuts[-1]) >= 0:
        for found in _DELETED.finditer(block.data, block.cuts[-1]):
            numbers = [n.decode() for n in _PMID.findall(found.group(1))]
            known = set(scan.part.deleted)
            scan.part.deleted += [n for n in numbers if n not in known]


def _lines(scan: _Scan, block: Block) -> Iterator[Found]:
    from aponia.literature.readers.guard import tidy
    from aponia.literature.readers.json_items import json_records

    scan.part.records += sum(1 for a, b in zip(block.cuts, block.cuts[1:], strict=False) if b - a > 2)  # fmt: skip
    for offset, data in _kept(scan, block):
        if not data.strip():
            continue
        try:
            value = json.loads(data.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            scan.trouble(offset, f"line left out, broken JSON: {error}")
            continue
        problems: list[Problem] = []
        records: list[Record] = json_records(value, scan.part.file, problems)
        for problem in problems:
            scan.trouble(offset, problem.message)
        scan.part.parsed += 1
        for record in map(tidy, records):
            if matches(scan.node, article_of_record(record)):
                yield Found(record, offset, len(data), 1)


def _checksum(scan: _Scan, source: Source) -> None:
    """Hold the file to the ``.md5`` file beside it, as the National Library of Medicine gives one."""
    scan.part.md5 = source.md5
    beside = source.path.with_name(source.path.name + ".md5")
    if not source.md5 or not beside.is_file():
        return
    stated = re.search(r"\b[0-9a-fA-F]{32}\b", beside.read_text("utf-8", errors="replace")[:4000])
    if stated and stated.group().lower() != source.md5:
        scan.trouble(0, f"the MD5 sum is {source.md5}, {beside.name} states {stated.group().lower()}", kind="damage")  # fmt: skip
