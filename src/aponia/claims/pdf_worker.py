"""Reads one PDF in a process of its own, with bounds on time and memory, and prints its lines as JSON.

Run by path, not imported: a hostile file can make any PDF reader spin or fill the memory, so it gets a
process that can be ended. Only pypdf and the standard library are used here.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Any

MOST_PAGES = 300
MOST_CHARACTERS = 2_500_000


def limit(seconds: int, megabytes: int) -> None:
    """Bound processor time and memory of this process where the system knows how."""
    try:
        import resource
    except ImportError:  # not on Windows; the parent's timeout still holds
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def read(data: bytes) -> dict[str, Any]:
    """Return the lines of a PDF with page, size of type and height on the page."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        return {"error": "this PDF is locked with a password"}
    pages = []
    total = 0
    for number, page in enumerate(reader.pages):
        if number >= MOST_PAGES or total > MOST_CHARACTERS:
            break
        lines: list[list[Any]] = []
        pieces: list[tuple[str, float, float]] = []

        def see(text: str, cm: Any, tm: Any, font: Any, size: Any, pieces: Any = pieces) -> None:
            if text:
                scale = abs(tm[3] or tm[1]) * abs(cm[3] or cm[1] or 1)
                height = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
                pieces.append((text, abs(float(size or 0)) * scale, float(height)))

        plain = page.extract_text(visitor_text=see) or ""
        total += len(plain)
        line = ""
        sizes: dict[float, int] = {}
        heights: list[float] = []
        for text, size, height in pieces:
            for n, part in enumerate(text.split("\n")):
                if n:
                    lines.append(_line(line, sizes, heights))
                    line, sizes, heights = "", {}, []
                if part:
                    other = sizes and not 0.75 < size / (max(sizes) or 1) < 1.34 and len(part) > 8
                    far = other or (heights and abs(height - heights[-1]) > 0.6 * max(size, 1.0))
                    if far and line.strip() and part.strip():
                        # text set elsewhere on the page: the running head, another column
                        lines.append(_line(line, sizes, heights))
                        line, sizes, heights = "", {}, []
                    line += part
                    if part.strip():
                        key = round(size, 1)
                        sizes[key] = sizes.get(key, 0) + len(part)
                        heights.append(height)
        lines.append(_line(line, sizes, heights))
        pages.append([x for x in lines if x[0].strip()])
    title = None
    try:
        title = reader.metadata.title if reader.metadata else None
    except Exception:
        title = None
    return {"pages": pages, "title": title}


def _line(text: str, sizes: dict[float, int], heights: list[float]) -> list[Any]:
    size = max(sizes, key=lambda s: sizes[s]) if sizes else 0.0
    return [text, size, round(heights[0], 1) if heights else 0.0]


def main() -> int:
    """Read standard input, write standard output; any failure becomes one line."""
    limit(int(sys.argv[1]), int(sys.argv[2]))
    logging.disable(logging.CRITICAL)
    data = sys.stdin.buffer.read()
    try:
        found = read(data)
    except MemoryError:
        found = {"error": "this PDF needs too much memory"}
    except RecursionError:
        found = {"error": "this PDF can not be read (nested too deeply)"}
    except Exception as error:
        words = " ".join(str(error).split())[:160] or type(error).__name__
        found = {"error": f"this PDF can not be read ({words})"}
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
