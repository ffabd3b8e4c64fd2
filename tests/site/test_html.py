"""Every page is well-formed HTML as the standard's own parser sees it, and its references hold."""

from __future__ import annotations

import itertools
import re

from justhtml import JustHTML
from lxml import html

_REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers", "list")


def faults(source):
    """Parse errors of the HTML standard, doubled ids, references to ids that are not there."""
    found = [e.code for e in JustHTML(source, collect_errors=True).errors]
    tree = html.document_fromstring(source)
    ids = tree.xpath("//@id")
    found += [f"id twice: {i}" for i in {i for i in ids if ids.count(i) > 1}]
    known = set(ids)
    for name in _REFERENCES:
        for value in tree.xpath(f"//@{name}"):
            found += [f"{name}={v}" for v in str(value).split() if v not in known]
    if len(tree.xpath("//main")) != 1 or len(tree.xpath("//h1")) != 1:
        found.append("one main and one h1 are wanted")
    if not tree.xpath("string(//title)").strip() or not tree.get("lang"):
        found.append("title or language missing")
    levels = [int(re.sub(r"\D", "", h.tag)) for h in tree.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    found += [f"h{a} is followed by h{b}" for a, b in itertools.pairwise(levels) if b > a + 1]  # fmt: skip
    return found


def test_the_check_finds_what_is_wrong():
    bad = "<!doctype html><html lang=en><title>x</title><main><h1>a</h1><p id=a><div id=a></p><h3>b</h3><label for=z></label></main>"
    said = " ".join(faults(bad))
    assert "id twice: a" in said
    assert "for=z" in said
    assert "h1 is followed by h3" in said
    assert len(faults(bad)) > 3  # the stray </p> as well


def test_every_page_is_valid(built):
    out, _ = built
    bad = {
        path.relative_to(out).as_posix(): said
        for path in sorted(out.rglob("*.html"))
        if (said := faults(path.read_text(encoding="utf-8")))
    }
    assert bad == {}
