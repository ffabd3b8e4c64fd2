"""What the studies of one layer say together: a pooled estimate, one study, or directions.

Pooling happens inside the randomised layer only, for one outcome, one kind of comparator and one
measure. Everything else is shown side by side (synthesis without meta-analysis, Cochrane Handbook
chapter 12) and never counted by significance.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from aponia.answers.layers import Layer
from aponia.answers.model import (
    PLACEBO,
    Comparator,
    Direction,
    Effect,
    Measure,
    StudyRow,
    Synthesis,
)
from aponia.answers.pooling import Member, Pooled, pool_effects
from aponia.evidence import EvidenceBase, Question, QuestionOutcome

__all__ = ["Pooler", "minimal_difference", "one_group", "synthesise"]

NAN = float("nan")
#: Pools the effects of one measure and unit.
Pooler = Callable[[Sequence[Member]], Pooled]
#: Names a question may ask for, and the comparators that belong to them.
_GROUPS: tuple[tuple[tuple[str, ...], frozenset[Comparator]], ...] = (
    (("placebo",), PLACEBO),
    (("active", "usual-care", "none"), frozenset({"other-treatment", "none"})),
)


def minimal_difference(
    base: EvidenceBase, construct: str, unit: str | None, condition: str
) -> tuple[float | None, str | None]:
    """Return the minimal important difference in `unit` and its source, or (None, None).

    The smallest difference between groups that people notice is hardly ever known in pain; the
    value here is what single people call much better, and is labelled so.
    """
    if construct == "pain-intensity" and unit == "points of 10":
        rows = [
            i
            for i in base.instruments
            if i.construct == construct
            and i.mid is not None
            and i.unit == "points"
            and i.max == 10
            and (i.mid_type or "").startswith("within-person")
            and i.instrument.startswith("NRS")
        ]
        for wanted in (condition, "chronic-pain-mixed"):
            for row in rows:
                if row.condition == wanted:
                    return row.mid, row.source
    return None, None


def synthesise(
    rows: Sequence[StudyRow],
    outcome: QuestionOutcome,
    layer: Layer,
    base: EvidenceBase,
    question: Question,
) -> tuple[Synthesis, ...]:
    """Bring the chosen rows of one layer and one outcome together.

    Parameters
    ----------
    rows : sequence of StudyRow
        All of the same layer and construct, one a study.
    outcome : QuestionOutcome
    layer : Layer
    base : EvidenceBase
        For minimal important differences.
    question : Question
        Its comparators, if it names any, decide which groups count.

    Returns
    -------
    tuple of Synthesis
        In the randomised layer one a comparator group, placebo first; where fewer than half of the
        people stand behind an estimate, the directions of all studies come first and the estimate
        after them. In the other layers one list of directions.
    """
    if layer is not Layer.RANDOMISED:
        return (_directions(rows, outcome, "own-baseline"),) if rows else ()
    found: list[Synthesis] = []
    for name, group in _GROUPS:
        if question.comparators and not set(name) & set(question.comparators):
            continue
        members = [r for r in rows if r.comparator in group]
        if members:
            found.extend(one_group(members, outcome, base, question.conditions[0]))
    alone = [r for r in rows if r.comparator == "own-baseline"]
    if alone:
        found.append(_directions(alone, outcome, "own-baseline"))
    return tuple(found)


def _shared_comparator(rows: Sequence[StudyRow]) -> Comparator:
    """Name the group's comparator: the one they share, else the first kind of the group."""
    kinds = {r.comparator for r in rows}
    if len(kinds) == 1:
        return next(iter(kinds))
    if kinds <= PLACEBO:
        return "inert-placebo"
    return "mixed" if kinds & PLACEBO else "other-treatment"


def one_group(
    rows: Sequence[StudyRow],
    outcome: QuestionOutcome,
    base: EvidenceBase,
    condition: str,
    pool: Pooler = pool_effects,
) -> list[Synthesis]:
    """Bring trials together that were compared with the same kind of thing.

    Parameters
    ----------
    rows : sequence of StudyRow
        At least one; one a trial.
    outcome : QuestionOutcome
    base : EvidenceBase
    condition : str
        For the minimal important difference.
    pool : callable
        How effects of one measure are pooled; the reviewed way by default.

    Returns
    -------
    list of Synthesis
        The estimate; or the directions of all, and after them the estimate where there is one.
    """
    comparator = _shared_comparator(rows)
    families: dict[tuple[Measure, str | None, int], list[tuple[StudyRow, Effect]]] = {}
    for row in rows:
        if row.effect is not None and row.effect.has_interval:
            effect = _turned(row.effect, outcome)
            key = (effect.measure, effect.unit, effect.benefit_sign)
            families.setdefault(key, []).append((row, effect))
    if not families:
        return [_directions(rows, outcome, comparator)]
    # The measure most people were studied with; the natural unit before SMD on a tie.
    (measure, unit, _), members = max(
        families.items(),
        key=lambda f: (sum(r.people or 0 for r, _ in f[1]), f[0][0] != "SMD", len(f[1])),
    )
    estimate = _estimate(rows, members, measure, unit, outcome, base, condition, pool)
    if 2 * estimate.people >= sum(r.people or 0 for r in rows):
        return [estimate]
    return [_directions(rows, outcome, comparator), estimate]


def _turned(effect: Effect, outcome: QuestionOutcome) -> Effect:
    """Turn a standardised effect or a ratio to the question's own direction before pooling.

    A trial of pain *relief* and one of pain *intensity* point to opposite numbers for the same
    benefit; on a unit-free scale they must agree in sign, with a unit they are kept apart.
    """
    wanted = -1 if outcome.prefer == "lower" else 1
    if effect.measure != "SMD" or effect.benefit_sign == wanted:
        return effect
    return replace(
        effect,
        estimate=-effect.estimate,
        ci_lower=-effect.ci_upper,
        ci_upper=-effect.ci_lower,
        y=-effect.y,
        benefit_sign=wanted,
        how=f"{effect.how}; turned, because the trial's scale runs the other way",
    )


def _estimate(
    rows: Sequence[StudyRow],
    members: Sequence[tuple[StudyRow, Effect]],
    measure: Measure,
    unit: str | None,
    outcome: QuestionOutcome,
    base: EvidenceBase,
    condition: str,
    pool: Pooler,
) -> Synthesis:
    mid, source = minimal_difference(base, outcome.construct, unit, condition)
    pooled = pool(members)
    back = math.exp if measure == "RR" else float
    sign = members[0][1].benefit_sign
    direction: Direction = (
        "benefit"
        if sign * pooled.estimate > 0
        else "harm"
        if sign * pooled.estimate < 0
        else "no-difference"
    )
    return Synthesis(
        kind="single" if len(members) == 1 else "pooled",
        construct=outcome.construct,
        label=outcome.label,
        comparator=_shared_comparator([m[0] for m in members]),
        measure=measure,
        unit=unit,
        benefit_sign=sign,
        k=len(members),
        people=sum(r.people or 0 for r, _ in members),
        estimate=back(pooled.estimate),
        ci_lower=back(pooled.ci_lower),
        ci_upper=back(pooled.ci_upper),
        pi_lower=back(pooled.pi_lower) if math.isfinite(pooled.pi_lower) else NAN,
        pi_upper=back(pooled.pi_upper) if math.isfinite(pooled.pi_upper) else NAN,
        tau2=pooled.tau2,
        i2=pooled.i2,
        method=pooled.method,
        p_benefit=pooled.p_benefit,
        mid=mid,
        mid_source=source,
        mid_unit=unit if mid is not None else None,
        direction=direction,
        counts=_counts(rows),
        rows=tuple(rows),
        alternatives=tuple(_natural(a, back) for a in pooled.alternatives),
        absolute=_absolute(
            [m[0] for m in members],
            back(pooled.estimate),
            back(pooled.ci_lower),
            back(pooled.ci_upper),
        )
        if measure == "RR"
        else None,
        given=_given([m[0] for m in members]),
        prefer=outcome.prefer,
        level=pooled.level,
    )


def _natural(row: dict[str, Any], back: Callable[[float], float]) -> dict[str, Any]:
    """Put an alternative result on the natural scale."""
    return row | {k: back(row[k]) for k in ("estimate", "ci_lower", "ci_upper")}


def _given(rows: Sequence[StudyRow]) -> tuple[str, ...]:
    """Substances the active arms really gave, in the order of the rows."""
    return tuple(dict.fromkeys(r.given for r in rows if r.given))


def _counts(rows: Sequence[StudyRow]) -> dict[str, int]:
    counts = Counter(r.direction for r in rows)
    return {d: counts.get(d, 0) for d in ("benefit", "harm", "no-difference", "unclear")}


def _directions(
    rows: Sequence[StudyRow], outcome: QuestionOutcome, comparator: Comparator
) -> Synthesis:
    counts = _counts(rows)
    known = {d: n for d, n in counts.items() if d in ("benefit", "harm") and n}
    direction: Direction = "unclear"
    if len(known) == 1 and not counts["no-difference"]:
        direction = "benefit" if "benefit" in known else "harm"
    elif counts["no-difference"] and not known:
        direction = "no-difference"
    return Synthesis(
        kind="direction"
        if any(counts[d] for d in ("benefit", "harm", "no-difference"))
        else "none",
        construct=outcome.construct,
        label=outcome.label,
        comparator=comparator,
        measure=None,
        unit=None,
        benefit_sign=-1 if outcome.prefer == "lower" else 1,
        k=len(rows),
        people=sum(r.people or 0 for r in rows),
        estimate=NAN,
        ci_lower=NAN,
        ci_upper=NAN,
        pi_lower=NAN,
        pi_upper=NAN,
        tau2=NAN,
        i2=NAN,
        method="directions only",
        mid=None,
        mid_source=None,
        mid_unit=None,
        direction=direction,
        counts=counts,
        rows=tuple(rows),
        given=_given(rows),
        prefer=outcome.prefer,
    )


def _absolute(
    rows: Sequence[StudyRow], rr: float, low: float, high: float
) -> dict[str, Any] | None:
    """People in 100 with and without the drug, from the comparator groups' own counts.

    One trial keeps its own counts beside them: with few people they say more than a rate.
    """
    events = total = 0
    for row in rows:
        if row.outcome is None:
            return None
        part = row.control.split(" of ")
        if len(part) != 2:
            return None
        events, total = events + int(part[0]), total + int(part[1])
    counts = (
        {"active_counts": rows[0].active, "control_counts": rows[0].control}
        if len(rows) == 1
        else {}
    )
    if total == 0 or events == 0:
        return counts or None
    risk = 100 * events / total
    return {
        **counts,
        "per": 100,
        "control": risk,
        "active": min(100.0, risk * rr),
        "active_lower": min(100.0, risk * low),
        "active_upper": min(100.0, risk * high),
        "from": f"{events} of {total} people given the comparator in the same trials",
    }
