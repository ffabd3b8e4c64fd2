"""XML without entities, network or unbounded trees; one bad record does not stop the rest."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator

from lxml import etree

from aponia.literature.record import Problem

__all__ = ["leaves", "records_of", "text_of", "texts_of"]

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9.]{0,30};)?")
_XML_NAMES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def _reference(found: re.Match[str]) -> str:
    name = found.group(1)
    if not name:
        return "&amp;"
    if name in _XML_NAMES or name.startswith("#"):
        return found.group()
    # An entity that HTML does not know either is left for libxml2 to drop, unexpanded.
    known = html.unescape(found.group())
    return found.group() if known == found.group() else _escape(known)


def _escape(text: str) -> str:
    """Escape what XML would read as mark-up."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def records_of(
    text: str, tags: tuple[str, ...], file: str, problems: list[Problem]
) -> Iterator[etree._Element]:
    """Yield the elements of the given names, in file order.

    The document type is cut off before parsing, so an internal subset can define nothing; entities
    are not resolved, nothing is fetched, and libxml2's limits on size and depth stay on. Broken
    mark-up is repaired as far as it goes and reported with its line.
    """
    text = _DECLARATION.sub("", text, count=1)
    text = _NOT_XML.sub(" ", text)
    if "&" in text:
        # "&nbsp;" and "AT&T" are not XML and would vanish with the text around them.
        text = _REFERENCE.sub(_reference, text)
    head, rest = text[:20_000], text[20_000:]
    data = (_DOCTYPE.sub(lambda m: "\n" * m.group().count("\n"), head) + rest).encode(
        "utf-8", "replace"
    )
    events = etree.iterparse(
        io.BytesIO(data), events=("end",), tag=tags, recover=True, resolve_entities=False,
        no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        for _, element in events:
            yield element
            element.clear()
            parent = element.getparent()
            if parent is not None:
                while element.getprevious() is not None:
                    del parent[0]
    except etree.XMLSyntaxError as error:
        problems.append(
            Problem(file, error.lineno or 0, f"the XML breaks off here: {error.msg}", lost=True)
        )
    seen: set[tuple[int, str]] = set()
    for entry in events.error_log:
        if len(seen) < 20 and (entry.line, entry.message) not in seen:
            seen.add((entry.line, entry.message))
            problems.append(
                Problem(file, entry.line, f"broken XML, read on: {entry.message.strip()}")
            )


def text_of(element: etree._Element | None) -> str:
    """Return all text inside an element, mark-up removed."""
    return "" if element is None else "".join(element.itertext())


def texts_of(element: etree._Element, path: str) -> list[str]:
    """Return the texts of the elements at a path, empty ones left out."""
    return [t for child in element.iterfind(path) if (t := text_of(child).strip())]


def leaves(element: etree._Element, skip: frozenset[str], prefix: str = "") -> dict[str, list[str]]:
    """Return every text and attribute below an element by path, except the paths in `skip`.

    A path is the names of the elements joined with ``/``; ``path@name`` is an attribute.
    """
    out: dict[str, list[str]] = {}

    def walk(node: etree._Element, path: str) -> None:
        for child in node:
            if not isinstance(child.tag, str):
                continue
            below = f"{path}/{child.tag}" if path else child.tag
            if below in skip:
                continue
            for name, value in child.attrib.items():
                if value and f"{below}@{name}" not in skip and f"@{name}" not in skip:
                    out.setdefault(f"{below}@{name}", []).append(str(value))
            if len(child) == 0:
                if child.text and child.text.strip():
                    out.setdefault(below, []).append(child.text)
            elif child.text and child.text.strip():
                out.setdefault(below, []).append(text_of(child))
            else:
                walk(child, below)

    walk(element, prefix)
    return out
