"""Template and data to PDF bytes."""

from __future__ import annotations

import datetime
import io
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import segno
import typst

__all__ = ["PAPERS", "TypesetError", "page_count", "qr_svg", "typeset"]

PAPERS = ("a4", "letter")
_HERE = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]*")
#: A document is a few pages; templates loop only over their data, so this bounds the work.
MAX_DATA_BYTES = 400_000
#: PDF/UA forbids a character that no font can show; Typst names them run by run.
_MISSING = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)
_MOST_REPLACED = 30
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)


class TypesetError(ValueError):
    """A document can not be made; the message names the template and what is wrong."""


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[str(_HERE / "fonts")],
    )


@cache
def _template(name: str) -> Path:
    path = _HERE / "templates" / f"{name}.typ"
    if not _NAME.fullmatch(name) or not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.typ") if p.stem != "common")
        raise TypesetError(f"template {name!r}: not known, expected one of {', '.join(known)}")
    return path


def typeset(
    template: str,
    data: Mapping[str, Any],
    *,
    created: str | None = None,
) -> bytes:
    """Return a document as PDF.

    Parameters
    ----------
    template : str
        Name of a file below ``templates/``, without its ending.
    data : mapping
        What the template reads; JSON-safe. ``title`` and ``paper`` (one of `PAPERS`) are read by
        every template.
    created : str, optional
        ISO date written into the file as its day of creation; 1970-01-01 otherwise, never the clock.

    Returns
    -------
    bytes
        PDF/UA-1, tagged, with title and language.

    Raises
    ------
    TypesetError
        No such template, data too large or not JSON, paper not known, or the template can not be
        drawn with these data (also where Typst only warns: an unknown font would change every line).

    Notes
    -----
    Control characters are taken out. A character that no font here has is printed as U+FFFD, so that
    the gap is seen.
    """
    path = _template(template)
    if data.get("paper") not in PAPERS:
        raise TypesetError(
            f"{template}: paper is {data.get('paper')!r}, expected {' or '.join(PAPERS)}"
        )
    try:
        text = json.dumps(_plain(data), ensure_ascii=False, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise TypesetError(f"{template}: the data are not JSON: {error}") from None
    if len(text.encode()) > MAX_DATA_BYTES:
        raise TypesetError(
            f"{template}: {len(text.encode())} bytes of data, at most {MAX_DATA_BYTES}"
        )
    day = datetime.date.fromisoformat(created) if created else datetime.date(1970, 1, 1)
    stamp = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    for _ in range(_MOST_REPLACED):
        try:
            made, warnings = typst.compile_with_warnings(
                str(path),
                root=str(path.parent),
                font_paths=_fonts(),
                ignore_system_fonts=True,
                format="pdf",
                sys_inputs={"data": text},
                pdf_standards=["ua-1"],
                timestamp=int(stamp.timestamp()),
            )
        except typst.TypstError as error:
            plainer = _without_missing(text, error.message)
            if plainer == text:
                hints = f"; {'; '.join(error.hints)}" if error.hints else ""
                raise TypesetError(f"{template}: {error.message}{hints}") from None
            text = plainer
            continue
        if warnings:
            raise TypesetError(f"{template}: {'; '.join(str(w) for w in warnings)}")
        return bytes(made)
    raise TypesetError(
        f"{template}: more than {_MOST_REPLACED} kinds of character have no font here"
    )


def _plain(value: Any) -> Any:
    """Return data without control characters in their texts."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _without_missing(text: str, message: str) -> str:
    """Return the data with the characters a message of Typst names as missing replaced by U+FFFD."""
    found = _MISSING.search(message)
    if found is None:
        return text
    run = re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda m: chr(int(m.group(1), 16)), found.group(1))
    mark = "\N{REPLACEMENT CHARACTER}"
    odd = sorted(c for c in set(run) if not (c.isascii() or c.isspace() or c == mark))
    if not odd:
        # Of a cluster such as a digit with a skin tone only the digit is named; what follows it is meant.
        return re.sub(rf"{re.escape(run)}[^\x00-\x7f{mark}]+", lambda m: run + mark, text)
    for character in odd:
        text = text.replace(character, mark)
    return text


def page_count(pdf: bytes) -> int:
    """Return how many pages a PDF has."""
    return len(pypdf.PdfReader(io.BytesIO(pdf)).pages)


def qr_svg(text: str) -> str:
    """Return a QR code as SVG, black on white with its quiet zone, error correction level M.

    Parameters
    ----------
    text : str
        What it encodes.
    """
    out = io.BytesIO()
    segno.make(text, error="m", boost_error=False).save(
        out, kind="svg", border=4, xmldecl=False, dark="#000", light="#fff"
    )
    return out.getvalue().decode()
