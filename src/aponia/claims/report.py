"""The report of a checked article: one HTML file, claims marked in place, no script needed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aponia.claims.model import ArticleCheck, CheckedClaim
from aponia.claims.page import plain
from aponia.claims.telling import ISSUE_TEXT
from aponia.evidence import EvidenceBase

__all__ = ["LABELS", "claim_reviews", "parts", "report", "style_of"]

LABELS = {
    "supported": "supported",
    "partly-supported": "partly supported",
    "contradicted": "contradicted",
    "no-evidence": "no evidence",
    "not-checkable": "can not be checked",
    "unverified": "not verified",
}
#: schema.org wants a number; only verdicts that say something about the claim get one.
_RATING = {"supported": 5, "partly-supported": 3, "no-evidence": 2, "contradicted": 1}
#: A longer article is cut in the report, not in the check.
_MOST_TEXT = 300_000


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("aponia.claims", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def report(check: ArticleCheck, base: EvidenceBase) -> str:
    """Return the report as a self-contained HTML page.

    Parameters
    ----------
    check : ArticleCheck
    base : EvidenceBase
        For the date of the data.

    Returns
    -------
    str
        Everything taken from the article is escaped.
    """
    style = style_of("tokens", "report", "checked")
    page: str = (
        _environment()
        .get_template("report.html")
        .render(
            **_shown(check, base, _nowhere),
            style=Markup(style),  # noqa: S704 - our own files
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            jsonld=Markup(_json_for_script(claim_reviews(check))),  # noqa: S704 - escaped there
        )
    )
    return page


def parts(check: ArticleCheck, base: EvidenceBase, link: Callable[[str], str]) -> dict[str, Markup]:
    """Return the parts of the report for a page that has its own frame.

    Parameters
    ----------
    check : ArticleCheck
    base : EvidenceBase
    link : callable
        Address of a record by its id; "" when there is none.

    Returns
    -------
    dict of str to Markup
        ``symbols`` (drawings the others use), ``head`` and ``body``. Everything taken from the
        article is escaped. They want the rules of `style_of` ("tokens", "checked").
    """
    values = _shown(check, base, link)
    env = _environment()
    return {
        name: Markup(env.get_template(f"checked_{name}.html").render(**values))  # noqa: S704 - autoescaped
        for name in ("symbols", "head", "body")
    }


def style_of(*names: str) -> str:
    """Return style sheets of this package, one after the other: tokens, report, checked."""
    folder = files("aponia.claims") / "templates"
    return "\n".join((folder / f"{name}.css").read_text(encoding="utf-8") for name in names)


def _nowhere(_: str) -> str:
    return ""


def _shown(check: ArticleCheck, base: EvidenceBase, link: Callable[[str], str]) -> dict[str, Any]:
    """Return what the templates read."""
    placed = _placed(check)
    summary, at = [], 0
    for name, n in check.summary.items():
        if n:
            summary.append((name, n, at))
            at += n
    return {
        "title": check.title or "An article",
        "note": check.note,
        "sentences": check.sentences,
        "released": base.released,
        "labels": LABELS,
        "summary": summary,
        "finding": _finding(check),
        "blocks": _blocks(check, placed),
        "cut": len(check.text) > _MOST_TEXT,
        "claims": [_claim(n, c, n in placed, base, link) for n, c in enumerate(check.claims, 1)],
        "missing": [
            {
                "topic": m.topic,
                "evidence": [{**_source(base, i), "href": link(i)} for i in m.evidence],
            }
            for m in check.missing
        ],
    }


def _finding(check: ArticleCheck) -> str:
    """Say in one sentence what was found."""
    n = check.summary
    total = len(check.claims)
    first = {
        0: f"None of {total} claims is supported as it is worded",
        1: f"1 of {total} claims is supported as it is worded",
    }
    parts = [
        first.get(
            n["supported"], f"{n['supported']} of {total} claims are supported as they are worded"
        )
    ]
    for name, one, many in (
        ("partly-supported", "1 is partly supported", "{} are partly supported"),
        ("contradicted", "1 is contradicted", "{} are contradicted"),
        ("no-evidence", "1 has no evidence in people", "{} have no evidence in people"),
    ):
        if n[name]:
            parts.append(one if n[name] == 1 else many.format(n[name]))
    rest = n["not-checkable"] + n["unverified"]
    if rest:
        parts.append(f"{rest} could not be judged")
    if total == 1:
        return f"The one claim found is {LABELS[check.claims[0].verdict.name]}."
    return f"{parts[0]}." if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}."


_TABLES = ("contraindications", "interactions", "adverse_events", "legal_status")


def _source(base: EvidenceBase, name: str) -> dict[str, str]:
    """Return how a record is called and where its source is."""
    if name in base.studies:
        study = base.studies[name]
        label = study.label if study.first_author else study.title.split(":")[0][:60]
        return {"name": label, "url": _web(study.url)}
    if name in base.trials:
        return {"name": name, "url": _web(base.trials[name].url)}
    for table in _TABLES:
        for row in getattr(base, table):
            if row.id == name:
                words = next(
                    (
                        str(v)
                        for k in ("drug", "event", "factor", "jurisdiction")
                        if (v := getattr(row, k, None))
                    ),
                    name,
                )
                return {"name": re.split(r"[;,(]", words)[0].strip(), "url": _web(row.source_url)}
    return {"name": name, "url": ""}


def _web(url: str | None) -> str:
    return url if url and url.startswith(("https://", "http://")) else ""


def claim_reviews(check: ArticleCheck) -> list[dict[str, Any]]:
    """Return schema.org ClaimReview objects for the claims that were judged.

    Parameters
    ----------
    check : ArticleCheck

    Returns
    -------
    list of dict
    """
    return [
        {
            "@context": "https://schema.org",
            "@type": "ClaimReview",
            "claimReviewed": c.text,
            "reviewBody": c.verdict.explanation,
            "inLanguage": "en",
            "isBasedOn": [e.url for e in c.verdict.evidence if _web(e.url)],
            "author": {"@type": "Organization", "name": "aponia"},
            "itemReviewed": {
                "@type": "Claim",
                "appearance": {"@type": "CreativeWork", "name": check.title or "An article"},
            },
            "reviewRating": {
                "@type": "Rating",
                "ratingValue": _RATING[c.verdict.name],
                "bestRating": 5,
                "worstRating": 1,
                "alternateName": LABELS[c.verdict.name],
            },
        }
        for c in check.claims
        if c.verdict.name in _RATING
    ]


def _json_for_script(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _placed(check: ArticleCheck) -> dict[int, CheckedClaim]:
    """Pick the claims that can be marked: those that do not overlap one marked before."""
    found, at = {}, -1
    for n, c in enumerate(check.claims, 1):
        if c.start >= at and c.end > c.start:
            found[n] = c
            at = c.end
    return found


def _blocks(check: ArticleCheck, placed: dict[int, CheckedClaim]) -> list[dict[str, Any]]:
    """Cut the text at blank lines and headings, and each stretch at its claims."""
    text = check.text[:_MOST_TEXT]
    edges = {0, len(text)}
    at = text.find("\n")
    while at >= 0:
        edges.add(at)
        at = text.find("\n", at + 1)
    cuts = sorted(edges)
    headings = set(check.headings)
    starts = {start for start, _ in headings}
    queue = sorted(placed.items(), key=lambda x: x[1].start)
    spans = _merge_lines(cuts, queue)
    blocks = []
    for a, b in spans:
        if not text[a:b].strip():
            continue
        pieces: list[dict[str, Any]] = []
        position = a
        while queue and queue[0][1].start < b:
            n, c = queue.pop(0)
            if c.end > len(text):
                break
            pieces.append({"n": None, "text": text[position : c.start], "verdict": None})
            pieces.append({"n": n, "text": text[c.start : c.end], "verdict": c.verdict.name})
            position = c.end
        pieces.append({"n": None, "text": text[position:b], "verdict": None})
        if a == 0 and text[a:b].strip() == check.title and len(pieces) == 1:
            continue  # it is the heading of the page
        left = a + len(text[a:b]) - len(text[a:b].lstrip())
        blocks.append({"tag": "h3" if left in starts else "p", "pieces": pieces})
    return blocks


def _merge_lines(cuts: list[int], queue: list[tuple[int, CheckedClaim]]) -> list[tuple[int, int]]:
    """Turn line ends into stretches, without cutting through a claim."""
    inside = [(c.start, c.end) for _, c in queue]
    spans, begin, i = [], 0, 0
    for cut in cuts[1:]:
        while i < len(inside) and inside[i][1] <= cut:
            i += 1
        if i < len(inside) and inside[i][0] < cut < inside[i][1]:
            continue
        spans.append((begin, cut))
        begin = cut
    return spans


def _claim(
    n: int, c: CheckedClaim, placed: bool, base: EvidenceBase, link: Callable[[str], str]
) -> dict[str, Any]:
    d = c.to_dict()
    label = base.vocabulary.label
    drugs = ", ".join(label("substances", s) for s in d["substances"]) or "no drug named"
    slots = [
        ("kind", d["claim_type"].replace("-", " ")),
        ("drug", drugs),
        ("condition", label("conditions", d["condition"])),
        ("dose class", label("approaches", d["approach"]) if d["approach"] != "none" else ""),
        ("direction", d["direction"]),
        ("the words claim", _LADDER[d["certainty_wording"]]),
        ("said by", _SPEAKER[c.attribution]),
        ("from the context", ", ".join(c.reading.inherited)),
        ("read as", "" if _same(c.reading.text, c.text) else c.reading.text),
    ]
    return {
        "n": n,
        "text": c.text,
        "verdict": c.verdict.name,
        "explanation": c.verdict.explanation,
        "issues": [(i, ISSUE_TEXT[i]) for i in c.verdict.issues],
        "evidence": [
            {"id": e.id, "url": _web(e.url), "href": link(e.id), **_split(e.shows)}
            for e in c.verdict.evidence
        ],
        "slots": [(k, v) for k, v in slots if v],
        "placed": placed,
    }


_LADDER = {
    "anecdotal": "an account of some people",
    "may": "that it may be so",
    "suggests": "that something suggests it",
    "shows": "that it is so",
    "proves": "that it is beyond doubt",
}
_SPEAKER = {
    "author": "the author",
    "study": "a study, as the author tells it",
    "patients": "patients",
    "expert": "an expert",
    "vendor": "somebody who sells it",
}


def _same(one: str, other: str) -> bool:
    """Whether the words read are the words shown."""
    a, b = (re.sub(r"\W+", "", plain(t)).lower() for t in (one, other))
    return a == b


def _split(shows: str) -> dict[str, str]:
    """Part "Author 2020 (trial, 14 people): finding" into its study and its finding."""
    m = re.match(r"(.{3,160}?\)): (?=\S)", shows)
    return {"head": m[1], "body": shows[m.end() :]} if m else {"head": "", "body": shows}
