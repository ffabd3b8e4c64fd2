"""Split tagged text (RIS, MEDLINE, Web of Science, EndNote's %A) into records of tags."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Block", "split_medline", "split_refer", "split_ris", "split_wos"]

_RIS = re.compile(r"^\s{0,3}([A-Za-z][A-Za-z0-9])[ \t]{0,4}[-–][ \t]?(.*)$")
#: Two letters by the standard; PsycNet writes ``PMID  - ``.
_RIS_STRICT = re.compile(r"^([A-Z][A-Z0-9](?:[A-Z0-9]{2})?)  -(?:[ \t](.*)|)$")
_RIS_START = re.compile(r"^\s{0,3}TY[ \t]{0,4}[-–][ \t]?([A-Z]{2,8}\s*)$", re.IGNORECASE)
_MEDLINE = re.compile(r"^([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)$")
_WOS = re.compile(r"^([A-Z][A-Z0-9])(?: (.*)|)$")
_REFER = re.compile(r"^%([0-9A-Z@!#$\]&(+^>?=~<)])(?: (.*)|)$")
_NUMBER = re.compile(r"^\s*(?:<\s*\d+\s*\.?\s*>|\d+\.|Record #?\d+ of \d+)\s*$", re.IGNORECASE)


@dataclass
class Block:
    """One record: tags with their values, and where it starts."""

    line: int
    values: dict[str, list[str]] = field(default_factory=dict)
    #: Tag of the value that an untagged line would continue.
    last: str = ""

    def add(self, tag: str, value: str) -> None:
        """Start a new value under a tag."""
        self.values.setdefault(tag, []).append(value)
        self.last = tag

    def extend(self, text: str, joint: str) -> None:
        """Continue the last value."""
        self.values[self.last][-1] += joint + text


Stray = tuple[int, str]


def split_ris(lines: list[str]) -> tuple[list[Block], list[Stray]]:
    """Split RIS at ``TY`` and ``ER``.

    A record that lacks its ``ER`` ends where the next ``TY`` starts; one that lacks its ``TY`` is
    known by its title. An untagged line inside a record continues the value above, on a line of
    its own (Rayyan's ``KW``). Each record is read in the form of its own ``TY`` line, for files
    are pasted together: "AB - " may start a value where tags are written with two blanks.
    """
    blocks: list[Block] = []
    stray: list[Stray] = []
    block: Block | None = None
    loose: list[Stray] = []
    tag_line = _RIS_STRICT

    def settle() -> None:
        """Decide whether the lines outside any record are one that has lost its start."""
        nonlocal loose
        if loose:
            found, start = Block(0), len(loose)
            for place, (number, text) in enumerate(loose):
                hit = _RIS_STRICT.match(text)
                if hit:
                    start = min(start, place)
                    found.line = found.line or number
                    found.add(hit.group(1), hit.group(2) or "")
                elif text.strip() and found.last:
                    found.extend(text.strip(), "\n")
            if found.values.keys() & {"TI", "T1"}:
                stray.extend(s for s in loose[:start] if s[1].strip() and not _NUMBER.match(s[1]))
                blocks.append(found)
            else:
                stray.extend(s for s in loose if s[1].strip() and not _NUMBER.match(s[1]))
        loose = []

    for number, line in enumerate(lines, start=1):
        start = _RIS_START.match(line)
        if start and (block is None or tag_line is _RIS or _RIS_STRICT.match(line)):
            settle()
            tag_line = _RIS_STRICT if _RIS_STRICT.match(line) else _RIS
            block = Block(number)
            blocks.append(block)
            block.add("TY", start.group(1))
            continue
        found = tag_line.match(line)
        tag = found.group(1).upper() if found else ""
        value = (found.group(2) or "") if found else ""
        if tag == "TY" and block is not None and value.strip():
            # A type that is no type, or one with blanks: still a new record.
            block = Block(number)
            blocks.append(block)
            block.add(tag, value)
        elif tag == "ER":
            if value.strip():
                stray.append((number, line))
            settle()
            block = None
        elif block is None:
            loose.append((number, line))
        elif tag:
            block.add(tag, value)
        elif line.strip():
            block.extend(line.strip(), "\n")
    settle()
    return sorted(blocks, key=lambda b: b.line), sorted(stray)


def split_medline(lines: list[str]) -> tuple[list[Block], list[Stray]]:
    """Split MEDLINE tagged text (PubMed, ERIC, Ovid's tagged export).

    A record starts at ``PMID-``, at a numbering line (``<1>``, ``2.``), or at the file's first tag
    after an empty line. Continuation lines need no indent (ERIC wraps without).
    """
    blocks: list[Block] = []
    stray: list[Stray] = []
    block: Block | None = None
    opener = ""
    blank = True
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            blank = True
            continue
        if _NUMBER.match(line) and (blank or block is None):
            block, opener = None, opener or "#"
            blank = True
            continue
        found = _MEDLINE.match(line)
        if found:
            tag, value = found.group(1), found.group(2)
            opener = opener or tag
            again = block is not None and tag in block.values
            starts = (
                block is None or (tag == "PMID" and again) or (blank and again and tag == opener)
            )
            if starts:
                block = Block(number)
                blocks.append(block)
            assert block is not None
            block.add(tag, value)
        elif block is None or not block.last:
            stray.append((number, line))
        else:
            block.extend(line.strip(), " ")
        blank = False
    return blocks, stray


def split_wos(lines: list[str]) -> tuple[list[Block], list[Stray]]:
    """Split Web of Science tagged text at ``PT`` and ``ER``; indented lines continue a value."""
    blocks: list[Block] = []
    stray: list[Stray] = []
    block: Block | None = None
    for number, line in enumerate(lines, start=1):
        found = _WOS.match(line)
        tag = found.group(1) if found else ""
        value = (found.group(2) or "") if found else ""
        if tag == "PT":
            block = Block(number)
            blocks.append(block)
            block.add(tag, value)
        elif tag == "ER":
            block = None
        elif block is None:
            if line.strip() and tag not in {"FN", "VR", "EF"}:
                stray.append((number, line))
        elif tag:
            block.add(tag, value)
        elif line.strip():
            block.extend(line.strip(), "\n")
    return blocks, stray


def split_refer(lines: list[str]) -> tuple[list[Block], list[Stray]]:
    """Split EndNote's tagged import format (``%0`` starts a record)."""
    blocks: list[Block] = []
    stray: list[Stray] = []
    block: Block | None = None
    blank = True
    for number, line in enumerate(lines, start=1):
        found = _REFER.match(line)
        if found:
            tag, value = found.group(1), found.group(2) or ""
            again = block is not None and tag in block.values and tag in "0T"
            if block is None or again or (blank and tag == "0"):
                block = Block(number)
                blocks.append(block)
            block.add(tag, value)
        elif line.strip():
            if block is None or not block.last:
                stray.append((number, line))
            else:
                block.extend(line.strip(), "\n")
        blank = not line.strip()
    return blocks, stray
