"""Article in any form to plain text with headings: HTML, Markdown, PDF or text, told by content.

Everything in the file is data. Scripts, styles and navigation are dropped, control characters and
direction marks are taken out, so that offsets mean what a reader sees.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

__all__ = ["Block", "ExtractionError", "Page", "clean", "extract"]

#: More text than this is no article; what lies beyond is left out.
MAX_CHARACTERS = 2_000_000


class ExtractionError(ValueError):
    """The file holds no readable text; the message says what was tried."""


@dataclass(frozen=True)
class Block:
    """A paragraph, heading or list item, by its place in the text."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Page:
    """The text of an article and its blocks, in order."""

    title: str | None
    text: str
    blocks: tuple[Block, ...]


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
        ("\r", "\n"),
    )
}


def clean(text: str) -> str:
    r"""Return text without control and formatting characters, quotes and blanks made plain.

    >>> clean(chr(0) + "cafe" + chr(0x202E) + " one" + chr(0x2019) + "s")
    "cafe one's"
    """
    text = text.replace("\r\n", "\n").translate(_SAME)
    if text.isascii() and not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        return text.replace("\t", " ")
    return "".join(
        c
        for c in text.replace("\t", " ")
        if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )


def extract(source: bytes | str, name: str = "") -> Page:
    """Return the readable text of an article.

    Parameters
    ----------
    source : bytes or str
        The file. Its kind is told by its content, `name` only helps to tell Markdown.
    name : str
        File name.

    Returns
    -------
    Page

    Raises
    ------
    ExtractionError
        A PDF that can not be read or holds no text.
    """
    if isinstance(source, bytes):
        if source[:1024].lstrip()[:5] == b"%PDF-":
            return _from_text(_pdf_text(source))
        source = _decode(source)
    source = source[: 4 * MAX_CHARACTERS]
    if re.search(
        r"<(?:!doctype html|html|body|article|p|div|h[1-6])\b", source[:20000], re.IGNORECASE
    ):
        return _from_html(source)
    text = clean(source)[:MAX_CHARACTERS]
    if name.lower().endswith((".md", ".markdown")) or re.search(r"(?m)^#{1,6} \S", text):
        text = _plain_markdown(text)
    return _from_text(text)


def _decode(data: bytes) -> str:
    for encoding in (
        ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",)
    ):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", errors="replace")


def _pdf_text(data: bytes) -> str:
    import io
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        pages = [page.extract_text() or "" for page in PdfReader(io.BytesIO(data)).pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ExtractionError(f"this PDF can not be read ({error})") from None
    text = clean("\n\n".join(pages))[:MAX_CHARACTERS]
    if not text.strip():
        raise ExtractionError("this PDF holds no text (a scan?); save it as text first")
    # A line break inside a sentence is the page's, not the author's.
    text = re.sub(r"(?<=\w)-\n(?=[a-z])", "", text)
    return re.sub(r"(?<=[a-z,;)])\n(?=[a-z(])", " ", text)


_DROP = "//script|//style|//noscript|//template|//nav|//footer|//form|//svg|//iframe|//comment()"
_BLOCKS = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "td",
        "th",
        "dd",
        "dt",
        "blockquote",
        "figcaption",
        "caption",
        "pre",
        "div",
        "section",
        "article",
        "title",
    ]
)


def _from_html(source: str) -> Page:
    from lxml import etree, html

    try:
        parser = html.HTMLParser(huge_tree=True, no_network=True)
        tree = html.document_fromstring(clean(source) or "<p></p>", parser=parser)
    except (etree.ParserError, ValueError):
        return _from_text(clean(re.sub(r"<[^>]*>", " ", source)))
    title = " ".join((tree.findtext(".//title") or "").split()) or None
    if not tree.text_content().strip():
        # nested deeper than the parser goes: take the tags out by themselves
        bare = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>", " ", source)
        return _from_text(clean(re.sub(r"<[^>]{0,2000}>", "\n", bare)))
    for element in tree.xpath(_DROP):
        if element.getparent() is not None:
            element.drop_tree()
    body = tree.find("body")
    whole = body if body is not None else tree
    candidates = whole.xpath(".//article|.//main")
    root = max(candidates, key=lambda e: len(e.text_content()), default=None)
    if root is None or len(root.text_content()) * 2 < len(whole.text_content()):
        root = whole
    parts: list[tuple[str, str]] = []
    _walk(root, parts)
    lines = [(kind, " ".join(text.split())) for kind, text in parts]
    return _assemble([(k, t) for k, t in lines if t], title)


def _walk(root: Any, parts: list[tuple[str, str]]) -> None:
    """Collect block texts in order, without recursion: hostile pages nest deeply."""
    current: list[str] = []
    kind = "p"

    def flush() -> None:
        if current:
            parts.append((kind, "".join(current)))
            current.clear()

    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        element, done = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        block = tag in _BLOCKS
        if done:
            if block:
                flush()
                kind = "p"
            if element is not root and element.tail:
                current.append(element.tail)
            continue
        if block:
            flush()
            kind = "heading" if re.fullmatch(r"h[1-6]", tag) else "item" if tag == "li" else "p"
        elif tag == "br":
            current.append(" ")
        if element.text and tag:
            current.append(element.text)
        stack.append((element, True))
        stack.extend((child, False) for child in reversed(element))
    flush()


def _assemble(lines: list[tuple[str, str]], title: str | None) -> Page:
    blocks, pieces, at = [], [], 0
    for kind, text in lines:
        blocks.append(Block(at, at + len(text), kind))
        pieces.append(text)
        at += len(text) + 2
    first = next((t for k, t in lines if k == "heading"), None)
    return Page(first or title, "\n\n".join(pieces), tuple(blocks))


def _plain_markdown(text: str) -> str:
    """Take out Markdown's marks; heading marks stay for `_from_text` to see."""
    text = re.sub(r"(?ms)^```.*?^```", "", text)
    text = re.sub(r"!\[[^\]\n]*\]\([^)\n]*\)", "", text)
    text = re.sub(r"\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__)(?=\S)([^*_\n]+?)\1", r"\2", text)
    return re.sub(r"(?<![\w*])[*_](?=\S)([^*_\n]+?)[*_](?![\w*])", r"\1", text)


_ITEM = re.compile(r"\s*(?:[-*+•▪◦‣·]|\(?\d{1,2}[.)])\s+")
_END = re.compile(r"[.!?:;,…][\"')\]]*\s*$")


def _from_text(text: str) -> Page:
    """Split plain text into blocks: blank lines, bullets, and short lines that end no sentence."""
    blocks: list[Block] = []
    at = 0
    open_start: int | None = None
    open_end = 0

    def close() -> None:
        nonlocal open_start
        if open_start is not None:
            blocks.append(_text_block(text, open_start, open_end))
            open_start = None

    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        stripped = line.strip()
        if not stripped or re.fullmatch(r"[=\-_*#~\s]+", stripped):
            close()
            continue
        left = start + len(line) - len(line.lstrip())
        right = start + len(line.rstrip())
        mark = re.match(r"\s*#{1,6}\s+", line)
        item = _ITEM.match(line)
        if mark:
            close()
            blocks.append(Block(start + mark.end(), right, "heading"))
        elif item and start + item.end() < right:
            close()
            blocks.append(Block(start + item.end(), right, "item"))
        else:
            if open_start is None:
                open_start = left
            open_end = right
    close()
    blocks = [b for b in blocks if b.start < b.end]
    title = next((text[b.start : b.end] for b in blocks if b.kind == "heading"), None)
    return Page(title, text, tuple(blocks))


def _text_block(text: str, start: int, end: int) -> Block:
    body = text[start:end]
    short = len(body) <= 120 and "\n" not in body and not _END.search(body)
    question = len(body) <= 90 and "\n" not in body and body.endswith("?")
    return Block(
        start, end, "heading" if (short and re.search(r"[^\W\d_]", body)) or question else "p"
    )
