"""The report of a checked article: one HTML file, claims marked in place, no script needed."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aponia.claims.model import VERDICTS, ArticleCheck, CheckedClaim
from aponia.claims.telling import ISSUE_TEXT
from aponia.evidence import EvidenceBase

__all__ = ["LABELS", "claim_reviews", "report"]

LABELS = {
    "supported": "supported",
    "partly-supported": "partly supported",
    "contradicted": "contradicted",
    "no-evidence": "no evidence",
    "not-checkable": "can not be checked",
    "unverified": "not verified",
}
_MARKS = {
    "supported": "✓",
    "partly-supported": "◐",
    "contradicted": "✗",
    "no-evidence": "○",
    "not-checkable": "–",
    "unverified": "?",
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
    placed = _placed(check)
    page: str = (
        _environment()
        .get_template("report.html")
        .render(
            title=check.title or "An article",
            note=check.note,
            sentences=check.sentences,
            released=base.released,
            verdicts=VERDICTS,
            labels=LABELS,
            marks=_MARKS,
            summary=list(check.summary.items()),
            blocks=_blocks(check, placed),
            claims=[_claim(n, c, n in placed, base) for n, c in enumerate(check.claims, 1)],
            missing=[m.to_dict() for m in check.missing],
            jsonld=Markup(_json_for_script(claim_reviews(check))),  # noqa: S704 - escaped there
        )
    )
    return page


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


def _claim(n: int, c: CheckedClaim, placed: bool, base: EvidenceBase) -> dict[str, Any]:
    d = c.to_dict()
    label = base.vocabulary.label
    drugs = ", ".join(label("substances", s) for s in d["substances"]) or "no drug named"
    slots = [
        d["claim_type"],
        drugs,
        label("conditions", d["condition"]),
        f"dose class {label('approaches', d['approach'])}" if d["approach"] != "none" else "",
        f"direction {d['direction']}",
        f"the words claim “{d['certainty_wording']}”",
    ]
    return {
        "n": n,
        "text": c.text,
        "verdict": c.verdict.name,
        "explanation": c.verdict.explanation,
        "issues": [(i, ISSUE_TEXT[i]) for i in c.verdict.issues],
        "evidence": [
            {
                "id": e.id,
                "shows": e.shows,
                "url": e.url if e.url.startswith(("https://", "http://")) else "",
            }
            for e in c.verdict.evidence
        ],
        "slots": "; ".join(s for s in slots if s),
        "placed": placed,
    }
