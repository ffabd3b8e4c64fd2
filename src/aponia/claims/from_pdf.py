"""PDF to blocks: lines put back into paragraphs, headings by size, running heads and feet left out."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from aponia.claims.page import ExtractionError, Page, assemble, visible

__all__ = ["MAX_PDF_BYTES", "page_of_pdf"]

MAX_PDF_BYTES = 30_000_000
#: Seconds of processor time and megabytes of memory one PDF may take.
SECONDS, MEGABYTES = 20, 1500


def page_of_pdf(data: bytes) -> Page:
    """Read the text of a PDF.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    Page

    Raises
    ------
    ExtractionError
        Too large, locked, broken, without text, or too slow to read.
    """
    if len(data) > MAX_PDF_BYTES:
        raise ExtractionError(f"this PDF is larger than {MAX_PDF_BYTES // 1_000_000} MB")
    found = _lines(data)
    if "error" in found:
        raise ExtractionError(str(found["error"]))
    pages = [
        [(visible(text).strip(), float(size), float(y)) for text, size, y in lines]
        for lines in found["pages"]
    ]
    pages = _without_running(pages)
    blocks = _paragraphs([line for page in pages for line in page if line[0]])
    if not blocks:
        raise ExtractionError("this PDF holds no text (a scan?); save it as text first")
    title = next((t for k, level, t in blocks if k == "heading"), None)
    return assemble(blocks, title or (visible(found.get("title") or "").strip() or None))


def _lines(data: bytes) -> dict[str, Any]:
    worker = Path(__file__).with_name("pdf_worker.py")
    try:
        done = subprocess.run(  # noqa: S603 - our own file, no shell
            [sys.executable, "-I", str(worker), str(SECONDS), str(MEGABYTES)],
            input=data,
            capture_output=True,
            timeout=2 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ExtractionError("this PDF takes too long to read") from None
    try:
        result: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        slow = done.returncode in (-24, -9)
        raise ExtractionError(
            "this PDF takes too long to read" if slow else "this PDF can not be read"
        ) from None
    return result


_Line = tuple[str, float, float]


def _without_running(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Leave out page numbers and what stands at the top or foot of several pages."""

    def key(line: _Line) -> str:
        return re.sub(r"\d+", "#", line[0].lower())

    edges: Counter[str] = Counter()
    for lines in pages:
        edges.update({key(x) for x in (*lines[:3], *lines[-3:])})
    often = (
        {k for k, n in edges.items() if n >= 2 and n >= 0.4 * len(pages)}
        if len(pages) > 1
        else set()
    )
    number = re.compile(r"(?i)^(?:page\s*)?\d{1,4}(?:\s*(?:/|of|\|)\s*\d{1,4})?$|^-\s*\d+\s*-$")
    kept = []
    for lines in pages:
        last = len(lines) - 3
        kept.append(
            [
                x
                for n, x in enumerate(lines)
                if not ((n < 3 or n >= last) and (key(x) in often or number.match(x[0])))
            ]
        )
    return kept


_BULLET = re.compile(
    r"^(?:[\u2022\u25aa\u25e6\u2023\u25cf\u25cb\u2013\u00b7*-]|\(?\d{1,2}[.)])\s+(?=\S)"
)
_STOP = re.compile(r"[.!?:\u2026][\"')\]\u201d]*(?:\[?\d{1,3}\]?)?$")


def _paragraphs(lines: list[_Line]) -> list[tuple[str, int, str]]:
    if not lines:
        return []
    sizes: Counter[float] = Counter()
    for text, size, _ in lines:
        sizes[size] += len(text)
    body = sizes.most_common(1)[0][0]
    gaps = [
        abs(a[2] - b[2])
        for a, b in itertools.pairwise(lines)
        if a[1] == b[1] == body and 0 < a[2] - b[2] < 4 * max(body, 1)
    ]
    gap = sorted(gaps)[len(gaps) // 4] if gaps else 0.0
    widths = sorted(len(t) for t, s, _ in lines if s == body)
    wide = widths[int(0.8 * (len(widths) - 1))] if widths else 80
    larger = sorted({s for t, s, _ in lines if s > body * 1.12 and len(t) < 200}, reverse=True)
    blocks: list[tuple[str, int, str]] = []
    kind, level, text = "p", 0, ""
    before: _Line | None = None

    def close() -> None:
        nonlocal text
        if text.strip():
            blocks.append((kind, level, " ".join(text.split())))
        text = ""

    for line in lines:
        words, size, y = line
        head = size in larger
        bullet = _BULLET.match(words)
        fresh = before is None or bool(bullet) or head != (kind == "heading")
        if not fresh and before is not None:
            if head:
                fresh = size != before[1]
            elif _STOP.search(before[0]):
                # a paragraph ends where the line is short, or the next one stands further off
                fresh = len(before[0]) < 0.75 * wide or (gap > 0 and before[2] - y > 1.35 * gap)
            elif gap > 0 and 1.5 * gap < before[2] - y < 6 * gap:
                fresh = not words[:1].islower()
        if fresh:
            close()
            kind, level = ("heading", 1 + larger.index(size)) if head else ("p", 0)
            if bullet:
                kind, words = "item", words[bullet.end() :]
            text = words
        elif re.search(r"[a-z]-$", text) and words[:1].islower():
            text = text[:-1] + words  # "amitrip-" + "tyline"
        else:
            text += " " + words
        before = line
    close()
    # a line alone, short and without a stop, is a heading even in the type of the body
    return [
        ("heading", 0, t)
        if k == "p"
        and len(t) <= 80
        and not _STOP.search(t)
        and re.match(r"[A-Z]", t)
        and "," not in t[-1:]
        else (k, min(level, 6), t)
        for k, level, t in blocks
    ]
