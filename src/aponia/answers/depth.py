"""What stands below the headline: history, follow-up, every analysis, the bound on unblinding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from aponia import meta
from aponia.answers.durability import follow_up
from aponia.answers.history import history
from aponia.answers.layers import Layer
from aponia.answers.model import Direction, LayerAnswer, StudyRow, Synthesis
from aponia.answers.multiverse import multiverse
from aponia.answers.select import Selection
from aponia.answers.synthesis import synthesise
from aponia.appraisal import rob2, unblinding_bound
from aponia.evidence import EvidenceBase, Question

__all__ = ["deeper", "log_scale", "overall_direction"]


def deeper(
    base: EvidenceBase,
    question: Question,
    chosen: Selection,
    randomised: LayerAnswer,
    headline: Synthesis | None,
) -> dict[str, Any]:
    """Return history, follow-up, multiverse and unblinding bound of a randomised headline."""
    if headline is None:
        return {}
    outcome = next(o for o in question.outcomes if o.construct == headline.construct)

    def again(rows: Sequence[StudyRow]) -> Synthesis:
        found = synthesise(rows, outcome, Layer.RANDOMISED, base, _any_comparator(question))
        return found[0]

    steps = history(headline, again, overall_direction)
    every = multiverse(question, chosen.by_layer[Layer.RANDOMISED])
    rr = headline.measure == "RR"
    bound = unblinding_bound(
        log_scale(headline.estimate, rr),
        log_scale(headline.ci_lower, rr),
        log_scale(headline.ci_upper, rr),
    )
    return {
        "history": tuple(s.to_dict() for s in steps),
        "follow_up": tuple(asdict(f) for f in follow_up(randomised.rows)),
        "multiverse": every.to_dict() if every else None,
        "swim": without_pooling(headline.rows),
        "risk_of_bias": _risk_of_bias(chosen, randomised),
        "specifications": tuple(asdict(s) for s in every.specifications) if every else (),
        "unblinding": asdict(bound) if bound.touches_zero is not None else None,
    }


def without_pooling(rows: Sequence[StudyRow]) -> dict[str, Any] | None:
    """Return the sign test and the combined p of a set of trials, or None without any direction.

    The sign test counts directions, never significance (Cochrane Handbook 12.2.1.3). The combined p
    asks only whether there is any effect in any trial; a p printed as a bound gives bounds.
    """
    benefit = sum(r.direction == "benefit" for r in rows)
    harm = sum(r.direction == "harm" for r in rows)
    if benefit + harm == 0:
        return None
    test = meta.swim.sign_test(n_benefit=benefit, n_harm=harm, n_unclear=len(rows) - benefit - harm)
    usable = [r for r in rows if r.p is not None and r.direction in ("benefit", "harm")]
    silent = sum(r.silent for r in rows)
    combined = None
    # With trials that print only "not significant" a combined p would rest on the rest alone.
    if len(usable) > 1 and not silent:
        combined = meta.swim.combine_p(
            [(r.p or "").replace(" ", "") for r in usable],
            method="stouffer",
            directions=[r.direction for r in usable],
            weights=[math.sqrt(r.people or 1) for r in usable],
        ).to_dict()
    return {"sign_test": test.to_dict(), "combined_p": combined, "silent": silent}


def _risk_of_bias(chosen: Selection, randomised: LayerAnswer) -> tuple[dict[str, Any], ...]:
    comparator = {r.study: r.comparator for r in randomised.rows}
    return tuple(
        {"study": s.id, "domains": [asdict(d) for d in rob2(s, comparator.get(s.id, "none"))]}
        for s in chosen.by_layer[Layer.RANDOMISED]
    )


def _any_comparator(question: Question) -> Question:
    """Return the question without its comparator filter: the rows are filtered already."""
    return question.model_copy(update={"comparators": ()})


def overall_direction(found: Synthesis) -> Direction:
    """Return the direction a single mark may show; "unclear" unless the result carries one.

    An estimate carries its direction when the interval leaves out no difference. Directions alone
    carry one only when no trial printed a bare "not significant" (papers print the direction of what
    they find and leave out the rest) and the sign test holds with every silent trial counted against.
    """
    if found.kind in ("pooled", "single"):
        return "unclear" if found.includes_no_difference else found.direction
    if found.direction not in ("benefit", "harm"):
        return "unclear"
    if any(r.silent for r in found.rows):
        return "unclear"
    same = found.counts[found.direction]
    test = meta.swim.sign_test(n_benefit=same, n_harm=len(found.rows) - same)
    return found.direction if test.p <= 0.05 else "unclear"


def log_scale(value: float, ratio: bool) -> float:
    """Return the logarithm of a ratio (NaN when it has none), a difference as it is."""
    if not ratio:
        return value
    return math.log(value) if value > 0 else math.nan
