"""Tell a body that broke off, or is something else altogether, before anyone reads records from it."""

from __future__ import annotations

import json
from typing import Any

import httpx
from lxml import etree

__all__ = ["BrokenBody", "check_json", "check_xml"]


class BrokenBody(httpx.RemoteProtocolError):
    """A body that does not parse; a protocol error, so that it is asked for again."""


def check_json(body: bytes) -> Any:
    """Parse JSON.

    Raises
    ------
    BrokenBody
        Empty, broken off, not JSON at all, or nested too deeply.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenBody(_told(body, "JSON", str(error))) from None


def check_xml(body: bytes) -> etree._Element:
    """Parse XML strictly: no repair, no entities, no network; the root is returned.

    Raises
    ------
    BrokenBody
        Empty, broken off, or no XML.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BrokenBody(_told(body, "XML", str(error))) from None
    if str(root.tag).lower().rpartition("}")[2] == "html":
        raise BrokenBody(_told(body, "XML", "an HTML page"))
    return root


def _told(body: bytes, kind: str, error: str) -> str:
    start = body[:400].lstrip().lower()
    if not start:
        return f"expected {kind}, found an empty body"
    if start.startswith((b"<!doctype html", b"<html")):
        return f"expected {kind}, found an HTML page"
    return f"expected {kind}, found a body of {len(body)} bytes that does not parse ({error})"
