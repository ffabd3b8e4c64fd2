"""Every internal link of a built site leads to a file and an anchor that exist."""

from __future__ import annotations

import posixpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lxml import html

__all__ = ["dead_links"]


def dead_links(folder: Path) -> list[tuple[str, str]]:
    """Return (page, address) of links and assets that lead nowhere inside `folder`.

    Parameters
    ----------
    folder : Path
        A built site.

    Returns
    -------
    list of (str, str)
    """
    found: list[tuple[str, str]] = []
    anchors: dict[str, set[str]] = {}
    wanted: list[tuple[str, str, str, str]] = []
    for path in sorted(folder.rglob("*.html")):
        page = path.relative_to(folder).as_posix()
        tree = html.document_fromstring(path.read_bytes())
        anchors[page] = set(tree.xpath("//@id"))
        for address in tree.xpath("//@href|//@src"):
            parts = urlsplit(str(address))
            if parts.scheme or parts.netloc:
                continue
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))
                if parts.path
                else page
            )
            wanted.append((page, str(address), target, parts.fragment))
    for page, address, target, fragment in wanted:
        if (target not in anchors and not (folder / target).is_file()) or (
            fragment and target in anchors and fragment not in anchors[target]
        ):
            found.append((page, address))
    return found
