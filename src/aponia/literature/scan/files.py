"""From a file to records' bytes: streamed inflating, and cutting at the ends of records.

Nothing is held but one block and the piece of a record that ran over its end. A gzip file that is
cut short or corrupt gives everything before the damage, to the byte.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["BLOCK", "LONGEST_RECORD", "Block", "Source", "blocks"]

#: Inflated bytes looked at together: large enough that compiling the search costs nothing.
BLOCK = 8 << 20
#: A record longer than this is none; its bytes are passed over.
LONGEST_RECORD = 32 << 20
#: Of the packed file. From 256 kB on, memory for what it inflates to is fetched anew each time: a third slower.
_READ = 1 << 17
_GZIP = b"\x1f\x8b"
#: What the beginning and the end of a record share: one search finds both.
_SHARED = b"PubmedArticle>"
_LESS, _SLASH = b"</"
_BOOK_END = b"</PubmedBookArticle>"


@dataclass
class Source:
    """One input file, and what turned out about it while it was read.

    Parameters
    ----------
    path : Path
    damage : list of (int, str)
        Where in the *file* reading had to stop, and why.
    md5 : str
        Of the whole file; empty until it was read to its end.
    """

    path: Path
    damage: list[tuple[int, str]] = field(default_factory=list)
    md5: str = ""


@dataclass(frozen=True)
class Block:
    """Some inflated bytes and the whole records in them.

    Parameters
    ----------
    data : bytes
    offset : int
        Where `data` begins in the inflated file.
    cuts : list of int
        Record i is ``data[cuts[i]:cuts[i + 1]]`` and may begin with what stood between records.
    lost : list of (int, str)
        Offset in the inflated file, and what was passed over.
    paired : bool
        False when a record may lack its beginning or its end, and where there are chapters of books.
    """

    data: bytes
    offset: int
    cuts: list[int]
    lost: list[tuple[int, str]]
    paired: bool = True


def inflate(source: Source) -> Iterator[bytes]:
    """Yield the inflated bytes of a file, plain or gzip of any number of members."""
    from isal import isal_zlib

    digest = hashlib.md5(usedforsecurity=False)
    with source.path.open("rb") as handle:
        data = handle.read(_READ)
        if not data.startswith(_GZIP):
            while data:
                digest.update(data)
                yield data
                data = handle.read(_READ)
            source.md5 = digest.hexdigest()
            return
        inflater: Any = isal_zlib.decompressobj(31)
        done, given, member = 0, 0, True
        while data:
            digest.update(data)
            done += len(data)
            rest = data
            while rest and not source.damage:
                if not member:
                    # Padding with zeros is what tapes and some mirrors leave behind.
                    rest = rest.lstrip(b"\0")
                    if not rest:
                        break
                    if not (rest.startswith(_GZIP) or _GZIP.startswith(rest)):
                        source.damage.append((done - len(rest), "bytes after the end of the gzip data, not read"))  # fmt: skip
                        break
                    inflater, member = isal_zlib.decompressobj(31), True
                try:
                    out = inflater.decompress(rest)
                except Exception as error:  # of isal's own type
                    yield from _to_the_damage(source, given, str(error))
                    return
                given += len(out)
                if out:
                    yield out
                rest = b""
                if inflater.eof:
                    rest, member = inflater.unused_data, False
            data = handle.read(_READ)
        if member:
            source.damage.append((done, "the gzip data breaks off before its end"))
        source.md5 = digest.hexdigest()


def _to_the_damage(source: Source, given: int, why: str) -> Iterator[bytes]:
    """Inflate again from the start in small steps, and yield what comes after the first `given` bytes."""
    with source.path.open("rb") as handle:
        inflater = zlib.decompressobj(31)
        seen = done = 0
        data = b""
        while True:
            if not data:
                data = handle.read(4096)
                if not data:
                    break
            before = inflater.copy()
            try:
                out = inflater.decompress(data)
            except zlib.error as error:
                if len(data) > 1:
                    # Halve until the very byte is found that can not be inflated.
                    inflater, rest = before, data[len(data) // 2 :]
                    data = data[: len(data) // 2]
                    handle.seek(-len(rest), 1)
                    continue
                source.damage.append((done, f"corrupt gzip data: {error}"))
                return
            done += len(data)
            data = b""
            if inflater.eof:
                data, inflater = inflater.unused_data, zlib.decompressobj(31)
                done -= len(data)
                data = data.lstrip(b"\0")
            start = max(0, given - seen)
            seen += len(out)
            if start < len(out):
                yield out[start:]
    source.damage.append((done, f"corrupt gzip data: {why}"))


def blocks(source: Source, *, lines: bool, size: int = BLOCK) -> Iterator[Block]:
    """Yield the records of a file, block by block.

    Parameters
    ----------
    source : Source
    lines : bool
        Records end at line ends, else at ``</PubmedArticle>``.
    size : int
        About how many inflated bytes a block holds.
    """
    offset = 0
    kept: list[bytes] = []
    held = 0
    for piece in inflate(source):
        kept.append(piece)
        held += len(piece)
        if held < size:
            continue
        data = b"".join(kept)
        cuts, paired = _cuts(data, lines=lines)
        rest = data[cuts[-1] :]
        lost: list[tuple[int, str]] = []
        gone = 0
        if len(rest) > LONGEST_RECORD:
            # Keep a little, in case the next record's first tag is cut in two.
            gone = len(rest) - 64
            lost.append((offset + cuts[-1], f"{gone} bytes without the end of a record, passed over"))  # fmt: skip
            rest = rest[gone:]
        yield Block(data, offset, cuts, lost, paired)
        offset += cuts[-1] + gone
        kept, held = [rest], len(rest)
    data = b"".join(kept)
    cuts, paired = _cuts(data, lines=lines)
    if lines and data[cuts[-1] :].strip():
        # The last line needs no line end; one that is cut off is broken JSON and told as such.
        cuts.append(len(data))
    yield Block(data, offset, cuts, [], paired)
    rest = data[cuts[-1] :]
    if not lines and (at := rest.find(b"<Pubmed")) >= 0 and b"Article" in rest[at : at + 20] and b"ArticleSet" not in rest[at : at + 20]:  # fmt: skip
        yield Block(b"", offset, [0], [(offset + cuts[-1] + at, "the file ends within this record")])  # fmt: skip


def _cuts(data: bytes, *, lines: bool) -> tuple[list[int], bool]:
    """Return the ends of records, and whether each has one beginning (`Block.paired`)."""
    cuts = [0]
    find = data.find
    if lines:
        at = find(b"\n")
        while at >= 0:
            cuts.append(at + 1)
            at = find(b"\n", at + 1)
        return cuts, True
    size = len(_SHARED)
    starts = begun = 0
    books = False
    at = find(_SHARED, 2)
    while at >= 0:
        before = data[at - 1]
        if before == _LESS:
            starts += 1
        elif before == _SLASH and data[at - 2] == _LESS:
            # Chapters of books have an end of their own; they show by what stands behind a record.
            if find(b"<PubmedArticle", cuts[-1], cuts[-1] + 400) < 0:
                books = books or find(_BOOK_END, cuts[-1], at) >= 0
            cuts.append(at + size)
            begun = starts
        at = find(_SHARED, at + size)
    books = books or find(_BOOK_END, cuts[-1]) >= 0
    if books:
        at = find(_BOOK_END)
        while at >= 0:
            cuts.append(at + len(_BOOK_END))
            at = find(_BOOK_END, at + 1)
        cuts.sort()
    return cuts, not books and begun == len(cuts) - 1
