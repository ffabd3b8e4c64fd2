"""Article in any form to plain text with headings: HTML, Markdown, PDF or text, told by content.

Everything in the file is data. Scripts, styles and navigation are dropped, control characters and
direction marks are taken out, so that offsets mean what a reader sees.
"""

from __future__ import annotations

import codecs
import re

from aponia.claims.from_html import page_of_html
from aponia.claims.from_pdf import page_of_pdf
from aponia.claims.page import MAX_CHARACTERS, Block, ExtractionError, Page, clean, plain, visible

__all__ = ["Block", "ExtractionError", "Page", "clean", "extract"]

#: Larger files are refused before anything is read in them.
MAX_BYTES = 40_000_000
_OTHER_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"BZh", "a compressed file"),
    (b"\xfd7zXZ", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"{\\rtf", "a rich text document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"%!PS", "PostScript"),
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
        For plain text, offsets are those of the file after its invisible characters are out.

    Raises
    ------
    ExtractionError
        A file of another kind, too large, or a PDF that can not be read or holds no text.
    """
    if isinstance(source, bytes):
        if b"%PDF-" in source[:1024]:
            return page_of_pdf(source)
        if len(source) > MAX_BYTES:
            raise ExtractionError(f"this file is larger than {MAX_BYTES // 1_000_000} MB")
        for magic, what in _OTHER_KINDS:
            if source.startswith(magic):
                raise ExtractionError(f"this is {what}; save it as PDF, HTML or text first")
        source = _decode(source)
    source = source[: 4 * MAX_CHARACTERS]
    markdown = name.lower().endswith((".md", ".markdown"))
    if not markdown and _HTML.search(source[:20000]):
        return page_of_html(source)
    text = visible(source)[:MAX_CHARACTERS]
    if markdown or _MARKDOWN.search(text[:50_000]):
        return _of_markdown(text)
    return _of_text(text)


_HTML = re.compile(
    r"<(?:!doctype html|html|head|body|article|main|section|p|div|span|ul|ol|li|table|br|a|h[1-6])\b[^<]*>",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(
    r"(?m)^#{1,6} \S|^(?:={3,}|-{3,})\n|\[[^\]\n]+\]\(https?://|\*\*\w[^*\n]*\*\*"
)


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    zeros = data[:4000].count(0)
    if zeros > 0.3 * len(data[:4000]):
        # text in two bytes a letter, without a mark that says so
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    said = re.search(rb"charset\s*=\s*[\"']?([\w-]{2,20})", data[:4096], re.IGNORECASE)
    for encoding in (said[1].decode("ascii") if said else "", "cp1252"):
        try:
            if encoding and not codecs.lookup(encoding).name.startswith(
                ("hex", "rot", "base64", "zlib", "bz2", "quopri", "uu")
            ):
                return data.decode(encoding, errors="replace")
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252", errors="replace")


def _of_markdown(text: str) -> Page:
    """Read Markdown (CommonMark with tables) through HTML; what is longer than a book, as text."""
    front = re.match(r"\A---\n(.{0,4000}?)\n---\n", text, re.DOTALL)
    title = None
    if front:
        named = re.search(r"(?m)^title:\s*[\"']?(.+?)[\"']?\s*$", front[1])
        title, text = (named[1] if named else None), text[front.end() :]
    if len(text) > 400_000:
        return _of_text(_bare_markdown(text))
    from markdown_it import MarkdownIt

    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    page = page_of_html(f"<body>{shown}</body>")
    return Page(title or page.title, page.text, page.blocks)


def _bare_markdown(text: str) -> str:
    """Take out Markdown's marks; heading marks stay for `_of_text` to see."""
    text = re.sub(r"!\[[^\]\n]*\]\([^)\n]*\)", "", text)
    text = re.sub(r"\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    return re.sub(r"(\*\*|__)(?=\S)([^*_\n]+?)\1", r"\2", text)


_ITEM = re.compile(
    r"\s*(?:[-*+\u2022\u25aa\u25e6\u2023\u25cf\u00b7\u2013\u2014]|\(?\d{1,2}[.)])\s+"
)
_END = re.compile(r"[.!?:;,\u2026][\"')\]\u201d\u2019]*(?:\[\d+\])*\s*$")


def _of_text(text: str) -> Page:
    """Split plain text into blocks: blank lines, bullets, and short lines that end no sentence."""
    blocks: list[Block] = []
    lines = text.split("\n")
    filled = [len(x) for x in lines if x.strip()]
    # where many lines are longer than any screen, a line is a paragraph
    whole_lines = sum(n > 160 for n in filled) * 5 >= len(filled)
    at, kind, count = 0, "p", 0
    start, end = -1, -1

    def close() -> None:
        nonlocal start
        if start >= 0 and start < end:
            blocks.append(
                Block(start, end, "item") if kind == "item" else _text_block(text, start, end)
            )
        start = -1

    for line in lines:
        begin, at = at, at + len(line) + 1
        stripped = line.strip()
        if not stripped or not stripped.strip("=-_*#~ "):
            close()
            continue
        left = begin + len(line) - len(line.lstrip())
        right = begin + len(line.rstrip())
        mark = re.match(r"\s*(#{1,6})\s+", line)
        item = _ITEM.match(line)
        quoted = re.match(r"\s*(?:>\s?)+(?=\S)", line)
        if quoted:
            close()
            blocks.append(Block(begin + quoted.end(), right, "quote"))
        elif mark:
            close()
            blocks.append(Block(begin + mark.end(), right, "heading", len(mark[1])))
        elif item and begin + item.end() < right:
            close()
            start, end, kind, count = begin + item.end(), right, "item", 1
        else:
            if whole_lines or (
                start >= 0 and count == 1 and kind == "p" and _heads(text[start:end], stripped)
            ):
                close()
            if start < 0:
                start, kind, count = left, "p", 0
            end, count = right, count + 1
    close()
    headings = [text[b.start : b.end] for b in blocks if b.kind == "heading"]
    title = next((h for h in headings if not _NO_TITLE.match(h)), None)
    return Page(title, text, tuple(blocks))


_NO_TITLE = re.compile(
    r"^(?:for immediate release|press release|news release|embargo\w*\b.*|share (?:this|on)\b.*|advertisement|skip to\b.*|menu|home|search|"
    r"sponsored|subscribe\b.*|published\b.*|posted\b.*|by \w+ \w+)$",
    re.IGNORECASE,
)


def _heads(first: str, second: str) -> bool:
    """Whether a line is a heading set directly above its paragraph."""
    return (
        len(first) <= 80
        and not _END.search(plain(first))
        and len(second) >= max(50, int(1.3 * len(first)))
        and not second[:1].islower()
    )


def _text_block(text: str, start: int, end: int) -> Block:
    body = plain(text[start : min(end, start + 200)])
    whole = end - start <= 200 and "\n" not in body
    short = whole and len(body) <= 120 and not _END.search(body)
    question = whole and len(body) <= 90 and body.endswith("?")
    return Block(
        start, end, "heading" if (short and re.search(r"[^\W\d_]", body)) or question else "p"
    )
