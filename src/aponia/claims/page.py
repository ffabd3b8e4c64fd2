"""The extracted text of an article and its blocks, and what is taken out of any text first."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["MAX_CHARACTERS", "Block", "ExtractionError", "Page", "assemble", "clean", "visible"]

#: More text than this is no article; what lies beyond is left out.
MAX_CHARACTERS = 2_000_000


class ExtractionError(ValueError):
    """The file holds no readable text; the message says what was tried."""


@dataclass(frozen=True)
class Block:
    """A paragraph, heading, list item or table cell, by its place in the text.

    `kind` is ``p``, ``heading``, ``item``, ``quote``, ``caption``, ``row`` (first cell of a table row)
    or ``cell``. `level` is the rank of a heading, 1 to 6, or 0 where the file does not tell.
    """

    start: int
    end: int
    kind: str
    level: int = 0


@dataclass(frozen=True)
class Page:
    """The text of an article and its blocks, in order."""

    title: str | None
    text: str
    blocks: tuple[Block, ...]


#: Typographic forms with one plain character each: a text and its plain form have the same offsets.
_SAME = {
    ord(a): b
    for a, b in (
        *((c, "'") for c in "\u2018\u2019\u201b\u02bc\u0060\u00b4"),
        *((c, '"') for c in "\u201c\u201d\u201e\u00ab\u00bb"),
        *((c, "-") for c in "\u2010\u2011\u2012\u2212"),
        *(
            (c, " ")
            for c in "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
        ),
        ("\u03bc", "\u00b5"),
    )
}
#: Letters that are only another look of plain ones: ligatures of PDFs, mathematical and full-width forms.
_LOOKS = re.compile("[\ufb00-\ufb06\U0001d400-\U0001d7ff\uff01-\uff5e]")


def visible(text: str) -> str:
    r"""Return a text without what no reader sees: control and formatting characters, direction marks.

    Quotes and dashes stay as written; line ends become ``\n``.

    >>> visible("psi" + chr(0x200B) + "lo" + chr(0xAD) + "cybin" + chr(0) + "\r\n\u201cworks\u201d")
    'psilocybin\n\u201cworks\u201d'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\t", " ")
    if not text.isascii():
        text = _LOOKS.sub(lambda m: unicodedata.normalize("NFKC", m.group()), text)
    gone = {
        ord(c): None
        for c in set(text)
        if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn")
    }
    return text.translate(gone) if gone else text


def plain(text: str) -> str:
    """Return a text with typographic quotes, hyphens and blanks made plain; offsets stay."""
    return text if text.isascii() else text.translate(_SAME)


def clean(text: str) -> str:
    r"""Return text without control and formatting characters, quotes and blanks made plain.

    >>> clean(chr(0) + "cafe" + chr(0x202E) + " one" + chr(0x2019) + "s")
    "cafe one's"
    """
    return plain(visible(text))


def assemble(lines: list[tuple[str, int, str]], title: str | None) -> Page:
    """Put (kind, level, text) blocks together, a blank line between them.

    Parameters
    ----------
    lines : list of (str, int, str)
    title : str or None

    Returns
    -------
    Page
        Cut at `MAX_CHARACTERS`.
    """
    blocks, pieces, at = [], [], 0
    for kind, level, text in lines:
        if at + len(text) > MAX_CHARACTERS:
            break
        blocks.append(Block(at, at + len(text), kind, level))
        pieces.append(text)
        at += len(text) + 2
    return Page(title, "\n\n".join(pieces), tuple(blocks))
