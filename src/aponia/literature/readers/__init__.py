r"""Read any bibliographic export: `read` looks at the content, never at the extension.

>>> result = read_text("TY  - JOUR\nT1  - A trial\nY1  - 2019//\nER  - \n", "x.txt")
>>> result.format, result.records[0].title, result.records[0].year
('ris', 'A trial', 2019)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from aponia.literature.readers.guard import guarded, tidy
from aponia.literature.readers.sniff import FORMATS, sniff
from aponia.literature.readers.text import ReadError, decode, lines_of, load_bytes
from aponia.literature.record import Problem, ReadResult, Record

__all__ = ["FORMATS", "ReadError", "read", "read_all", "read_text", "sniff"]

_ACCEPTED = (
    "RIS, Web of Science or MEDLINE/NBIB tagged text, EndNote tagged text, BibTeX, CSV/TSV with a title "
    "column, PubMed/EndNote/ICTRP XML, ClinicalTrials.gov v2, CTIS, Europe PMC, OpenAlex or Crossref JSON, "
    "EU-CTR full-details text"
)


def read(path: Path | str, *, format: str | None = None) -> ReadResult:
    """Read a file.

    Parameters
    ----------
    path : Path or str
    format : str, optional
        One of `FORMATS`; found out from the content by default.

    Returns
    -------
    ReadResult
        Records with unique ids, and everything that was odd with file and line.

    Raises
    ------
    ReadError
        The file can not be read at all: missing, too large, empty, or no known format.
    """
    path = Path(path)
    decoded = decode(load_bytes(path))
    result = read_text(decoded.text, path.name, format=format)
    problems = list(result.problems)
    for number in decoded.odd_lines[:20]:
        problems.append(Problem(path.name, number, "not UTF-8; read as Windows-1252"))
    if len(decoded.odd_lines) > 20:
        problems.append(
            Problem(
                path.name,
                decoded.odd_lines[20],
                f"{len(decoded.odd_lines) - 20} more lines are not UTF-8",
            )
        )
    return ReadResult(result.records, problems, result.format, decoded.encoding)


def read_all(paths: Iterable[Path | str]) -> ReadResult:
    """Read several files as one set: ids that clash get their file's name before them."""
    records: list[Record] = []
    problems: list[Problem] = []
    formats: list[str] = []
    seen: set[str] = set()
    for path in paths:
        result = read(path)
        problems.extend(result.problems)
        formats.append(result.format)
        for record in result.records:
            name = record.id
            if name in seen:
                name = f"{Path(record.file).stem}:{record.id}"
            extra = 2
            while name in seen:
                name = f"{Path(record.file).stem}:{record.id}#{extra}"
                extra += 1
            seen.add(name)
            records.append(record if name == record.id else replace(record, id=name))
    return ReadResult(records, problems, "+".join(dict.fromkeys(formats)))


def read_text(text: str, file: str, *, format: str | None = None) -> ReadResult:
    """Read text already in memory; see `read`."""
    # Files pasted together have marks in the middle; NUL bytes come from broken downloads.
    text = text.replace("\ufeff", "").replace("\x00", "")
    if not text.strip():
        raise ReadError(f"{file}: the file is empty")
    kind = format or sniff(text)
    if not kind:
        raise ReadError(f"{file}: no known format; accepted are {_ACCEPTED}")
    if kind not in FORMATS:
        raise ReadError(f"{file}: unknown format {kind!r}; known are {', '.join(FORMATS)}")
    problems: list[Problem] = []
    records = _READERS[kind](text, file, problems)
    return ReadResult(_finish(records, file, problems), problems, kind)


def _finish(records: list[Record], file: str, problems: list[Problem]) -> list[Record]:
    out = []
    seen: set[str] = set()
    times: dict[str, int] = {}
    for position, record in enumerate(records, start=1):
        name = own = record.id or str(position)
        while name in seen:
            times[own] = times.get(own, 1) + 1
            name = f"{own}#{times[own]}"
        if name != own:
            problems.append(
                Problem(file, record.line, f"the id {own!r} occurs again; this record is {name}")
            )
        seen.add(name)
        if not record.title:
            problems.append(Problem(file, record.line, f"record {name!r} has no title"))
        out.append(replace(tidy(record), id=name, file=file))
    if not out:
        problems.append(Problem(file, 1, "no record was found"))
    return out


def _tagged(
    split: Callable[..., Any], make: Callable[..., Record]
) -> Callable[[str, str, list[Problem]], list[Record]]:
    def reader(text: str, file: str, problems: list[Problem]) -> list[Record]:
        blocks, stray = split(lines_of(text))
        for number, line in stray[:200]:
            problems.append(
                Problem(
                    file,
                    number,
                    f"line outside any record left out: {line.strip()[:80]!r}",
                    lost=True,
                )
            )
        if len(stray) > 200:
            problems.append(
                Problem(
                    file,
                    stray[200][0],
                    f"{len(stray) - 200} more lines outside any record",
                    lost=True,
                )
            )
        records = []
        for position, block in enumerate(blocks, start=1):
            identifier = (
                block.values.get("PMID", [""])[0].strip()
                if split.__name__ == "split_medline"
                else ""
            )
            if split.__name__ != "split_wos" and not identifier:
                identifier = str(position)
            records.append(
                guarded(
                    partial(make, block, identifier),
                    file,
                    block.line,
                    problems,
                    lambda block=block: str(block.values),  # type: ignore[misc]
                )
            )
        return records

    return reader


def _ris(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.ris import ris_record
    from aponia.literature.readers.tagged import split_ris

    return _tagged(split_ris, ris_record)(text, file, problems)


def _medline(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.medline import medline_record
    from aponia.literature.readers.tagged import split_medline

    return _tagged(split_medline, medline_record)(text, file, problems)


def _wos(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.tagged import split_wos
    from aponia.literature.readers.wos import wos_record

    return _tagged(split_wos, wos_record)(text, file, problems)


def _refer(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.refer import refer_record
    from aponia.literature.readers.tagged import split_refer

    return _tagged(split_refer, refer_record)(text, file, problems)


def _xml(
    tags: tuple[str, ...],
    make: Callable[..., Record],
    text: str,
    file: str,
    problems: list[Problem],
) -> list[Record]:
    from aponia.literature.readers.xmlsafe import records_of, text_of

    return [
        guarded(
            partial(make, node, ""),
            file,
            int(node.sourceline or 0),
            problems,
            lambda node=node: text_of(node),  # type: ignore[misc]
        )
        for node in records_of(text, tags, file, problems)
    ]


def _pubmed(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.pubmed_xml import PUBMED_TAGS, pubmed_record

    tags = PUBMED_TAGS if re.search(r"<Pubmed(?:Book)?Article[\s>]", text) else ("MedlineCitation",)
    # PubMed's own withdrawals, in update files: numbers of records that no longer exist.
    gone = re.search(r"<DeleteCitation>(.*?)</DeleteCitation>", text, re.DOTALL)
    if gone:
        line = text.count("\n", 0, gone.start()) + 1
        numbers = re.findall(r">\s*(\d+)\s*</PMID>", gone.group(1))
        problems.append(
            Problem(file, line, f"deleted from PubMed: {', '.join(numbers) or 'none named'}")
        )
    return _xml(tags, pubmed_record, text, file, problems)


def _endnote(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.endnote_xml import endnote_record

    return _xml(("record",), endnote_record, text, file, problems)


def _ictrp(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.ictrp_xml import ictrp_record

    return _xml(("Trial",), ictrp_record, text, file, problems)


def _bibtex(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.bibtex import read_bibtex

    records, found = read_bibtex(text, file)
    problems.extend(found)
    return records


def _table(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.table import read_table

    records, found = read_table(text, file)
    problems.extend(found)
    return records


def _euctr(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.euctr import read_euctr

    records, found = read_euctr(text.replace("\r\n", "\n"), file)
    problems.extend(found)
    return records


def _json(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.json_items import json_records
    from aponia.literature.readers.json_text import load_json

    return json_records(load_json(text, file, problems), file, problems)


def _jsonl(text: str, file: str, problems: list[Problem]) -> list[Record]:
    from aponia.literature.readers.json_items import json_records

    records: list[Record] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(
                Problem(file, number, f"line left out, broken JSON: {error}", lost=True)
            )
            continue
        records.extend(json_records(data, file, problems, line=number))
    return records


_READERS: dict[str, Callable[[str, str, list[Problem]], list[Record]]] = {
    "ris": _ris, "medline": _medline, "wos": _wos, "refer": _refer, "pubmed-xml": _pubmed,
    "endnote-xml": _endnote, "ictrp-xml": _ictrp, "bibtex": _bibtex, "table": _table,
    "euctr": _euctr, "json": _json, "jsonl": _jsonl,
}  # fmt: skip
