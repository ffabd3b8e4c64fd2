"""How well the checker does on labelled claims: verdicts, slots, issues, and the one bad error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aponia.claims.checker import Checker
from aponia.claims.model import ISSUES, VERDICTS

__all__ = ["evaluate"]

_SLOTS = ("substances", "condition", "approach", "claim_type", "direction", "certainty_wording")
_WRONG = ("contradicted", "no-evidence")


def evaluate(checker: Checker, gold: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Check labelled claims and compare.

    Parameters
    ----------
    checker : Checker
    gold : iterable of mapping
        Each with ``claim`` and ``verdict``; ``verdict_also_defensible``, slots and ``issues`` are
        compared where present.

    Returns
    -------
    dict
        ``n``, ``strict`` and ``lenient`` accuracy (over all claims, abstaining counts as a miss),
        the same over answered claims, ``macro_f1`` over the verdicts that occur in the gold,
        ``wrong_called_supported`` (share of contradicted and no-evidence claims that were called
        supported), ``coverage`` (share not ``unverified``), ``slots``, ``issue_recall`` by tag and
        by family, and the misses.

    Raises
    ------
    ValueError
        No labelled claim, or a verdict outside the list.
    """
    rows = list(gold)
    if not rows:
        raise ValueError("there is no labelled claim to evaluate on")
    for n, row in enumerate(rows, 1):
        if row.get("verdict") not in VERDICTS:
            raise ValueError(
                f"line {n}: verdict {row.get('verdict')!r} is not one of {', '.join(VERDICTS)}"
            )
    found = list(checker.batch(rows))
    pairs = list(zip(rows, found, strict=True))
    strict = [g["verdict"] == f["verdict"] for g, f in pairs]
    lenient = [
        s or f["verdict"] in (g.get("verdict_also_defensible") or ())
        for s, (g, f) in zip(strict, pairs, strict=True)
    ]
    answered = [f["verdict"] != "unverified" for f in found]
    wrong = [(g, f) for g, f in pairs if g["verdict"] in _WRONG]
    bad = [g.get("id") for g, f in wrong if f["verdict"] == "supported"]
    return {
        "n": len(rows),
        "strict": _mean(strict),
        "lenient": _mean(lenient),
        "strict_answered": _mean([s for s, a in zip(strict, answered, strict=True) if a]),
        "lenient_answered": _mean([s for s, a in zip(lenient, answered, strict=True) if a]),
        "macro_f1": _macro_f1([g["verdict"] for g in rows], [f["verdict"] for f in found]),
        "wrong_claims": len(wrong),
        "wrong_called_supported": len(bad) / len(wrong) if wrong else 0.0,
        "wrong_called_supported_ids": bad,
        "coverage": _mean(answered),
        "slots": {slot: _slot(slot, pairs) for slot in _SLOTS},
        "issue_recall": _recall(pairs, by_family=False),
        "issue_family_recall": _recall(pairs, by_family=True),
        "misses": [
            {"id": g.get("id"), "gold": g["verdict"], "found": f["verdict"], "claim": g["claim"]}
            for (g, f), ok in zip(pairs, lenient, strict=True)
            if not ok
        ],
    }


def _mean(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


def _macro_f1(gold: Sequence[str], found: Sequence[str]) -> float:
    scores = []
    for name in dict.fromkeys(gold):
        hit = sum(g == f == name for g, f in zip(gold, found, strict=True))
        total = gold.count(name) + list(found).count(name)
        scores.append(2 * hit / total)
    return sum(scores) / len(scores)


def _slot(slot: str, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> float | None:
    compared = []
    for g, f in pairs:
        if slot not in g or g[slot] is None:
            continue
        if slot == "substances":
            compared.append(set(g[slot]) == set(f[slot]))
        else:
            also = g.get(f"{slot}_also_ok") or ()
            compared.append(f[slot] == g[slot] or f[slot] in also)
    return _mean(compared) if compared else None


def _recall(
    pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], *, by_family: bool
) -> float | None:
    hits: Counter[bool] = Counter()
    for g, f in pairs:
        mine = {ISSUES[i] if by_family else i for i in f["issues"]}
        for tag in {ISSUES.get(i, i) if by_family else i for i in g.get("issues") or ()}:
            hits[tag in mine] += 1
    return hits[True] / hits.total() if hits else None
