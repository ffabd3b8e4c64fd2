"""The pictures of a question page: size, directions, time, years, and every analysis."""

from __future__ import annotations

import math
from typing import Any

from aponia.answers import Answer, StudyRow, Synthesis
from aponia.answers.rows import number
from aponia.site.charts import (
    AlbatrossChart,
    AlbatrossPoint,
    DirectionCell,
    DirectionRow,
    DurabilityCurve,
    DurabilityPoint,
    DurabilitySeries,
    EffectDirectionPlot,
    EffectStrip,
    Figure,
    HistoryCurve,
    HistoryPoint,
    Specification,
    SpecificationCurve,
    StripItem,
    albatross_figure,
    direction_figure,
    durability_figure,
    history_figure,
    specification_figure,
    strip_figure,
)
from aponia.site.views.common import DIRECTION

__all__ = [
    "AGAINST",
    "albatross_of",
    "directions_of",
    "durability_of",
    "history_of",
    "sides",
    "size_of",
    "specifications_of",
    "unblinding_words",
]

AGAINST = {
    "inert-placebo": "placebo",
    "active-placebo": "active placebo",
    "other-treatment": "the other treatment",
    "none": "no drug",
}
_STANDARD = "standard deviations of benefit"


def sides(found: Synthesis) -> tuple[str, str]:
    """Return what left and right of the line mean, in words."""
    drug, other = (
        "better with the drug",
        f"better with {AGAINST.get(found.comparator, 'the comparison')}",
    )
    return (drug, other) if found.benefit_sign < 0 else (other, drug)


def size_of(found: Synthesis) -> Figure | None:
    """Return the one picture of the size: the difference, and the two groups where they are printed."""
    if found.kind not in ("pooled", "single"):
        return None
    low, high = sides(found)
    unit = {
        "points of 10": "points of 10",
        "attacks/week": "attacks a week",
        "days/week": "days a week",
    }.get(found.unit or "", found.unit or "")
    items = [
        StripItem(
            "Risk ratio" if found.measure == "RR" else "Difference",
            found.estimate,
            (found.ci_lower, found.ci_upper),
            f"{found.people} people",
            main=True,
        )
    ]
    if found.kind == "single" and found.measure == "MD":
        items += _groups(found.rows)
    log = found.measure == "RR"
    names = {"RR": "Risk ratio", "SMD": "Standardised difference", "MD": f"Difference in {unit}"}
    return strip_figure(
        EffectStrip(
            title=_title(found),
            subtitle=f"{names.get(found.measure or '', '')}; dot and 95% interval; {found.people} people in {found.k} {'trial' if found.k == 1 else 'trials'}",
            items=items,
            direction=DIRECTION[found.direction] if not found.includes_no_difference else "unclear",
            unit="" if log else unit or ("SD" if found.measure == "SMD" else ""),
            low_words=low,
            high_words=high,
            log=log,
            mid=(-found.mid, found.mid) if found.mid and not log else None,
            mid_label=f"Shaded: under {number(found.mid)} {found.mid_unit}. A change that large is what one person calls much better; it is no threshold between groups"
            if found.mid
            else "",
            digits=2 if log or found.measure == "SMD" else 1,
        )
    )


def _groups(rows: tuple[StudyRow, ...]) -> list[StripItem]:
    """Read the two groups' own changes back from the printed row, when both have an interval."""
    row = next((r for r in rows if r.effect is not None and r.effect.has_interval), None)
    if row is None:
        return []
    items = []
    for label, text, n in (
        ("Change with the drug", row.active, row.n_active),
        (f"Change with {row.comparator_text}", row.control, row.n_control),
    ):
        if not text.startswith("change ") or "[" not in text:
            return []
        plain = text.removeprefix("change ").replace("−", "-")
        mean, rest = plain.split(" [", 1)
        low, high = rest.split("]", 1)[0].split(" to ")
        items.append(
            StripItem(label, float(mean), (float(low), float(high)), f"{n} people" if n else "")
        )
    return items


def _title(found: Synthesis) -> str:
    what = found.label[:1].upper() + found.label[1:]
    if found.includes_no_difference:
        return f"{what}: the interval includes no difference"
    return f"{what}: the interval points {'towards the drug' if found.direction == 'benefit' else 'against the drug'}"


def directions_of(answer: Answer, root: str) -> Figure | None:
    """Return the effect-direction plot of the randomised trials."""
    rows = [
        r
        for r in answer.layers[0].rows
        if r.chosen and r.comparator != "own-baseline" and not r.combined and not r.part
    ]
    if not rows:
        return None
    labels: dict[str, str] = {s.construct: s.label for s in answer.layers[0].syntheses}
    constructs = [c for c in labels if any(r.construct == c for r in rows)]
    studies = list(
        dict.fromkeys(r.study for r in sorted(rows, key=lambda r: (-(r.people or 0), r.study)))
    )
    body = []
    for study in studies:
        mine = {r.construct: r for r in rows if r.study == study}
        one = next(iter(mine.values()))
        cells = [
            DirectionCell(DIRECTION[mine[c].direction], f"p {mine[c].p}" if mine[c].p else "")
            if c in mine
            else None
            for c in constructs
        ]
        body.append(
            DirectionRow(
                one.label,
                one.people or 0,
                cells,
                f"against {one.comparator_text}",
                f"{root}studies/{study}.html",
            )
        )
    return direction_figure(
        EffectDirectionPlot(
            title="Which way each randomised trial points",
            subtitle="Direction of each randomised trial on each outcome; size of the mark: people; not a count of significance",
            outcomes=[labels[c] for c in constructs],
            rows=body,
        )
    )


def albatross_of(answer: Answer) -> Figure | None:
    """Return the albatross plot of trials that print a p-value and a direction, if two or more do."""
    from aponia import meta

    rows = [
        r
        for r in answer.layers[0].rows
        if r.chosen
        and not r.combined
        and not r.part
        and r.p is not None
        and r.people
        and r.direction in ("benefit", "harm")
        and answer.headline is not None
        and r.construct == answer.headline.construct
    ]
    if len(rows) < 2:
        return None
    plot = meta.swim.albatross(
        [(r.p or "").replace(" ", "") for r in rows],
        [r.people or 0 for r in rows],
        [r.direction for r in rows],
        effects=[0.2, 0.5, 0.8],
        labels=[r.label for r in rows],
    )
    points = [
        AlbatrossPoint(
            rows[i].label,
            float(plot.x[i]),
            int(plot.n[i]),
            rows[i].p or "",
            bool(plot.p_lower[i] != plot.p_upper[i]),
            float(plot.implied[i]),
        )
        for i in range(len(rows))
    ]
    contours = [
        (
            float(e),
            [
                (float(a), float(n))
                for a, n in zip(plot.contour_x[i], plot.contour_n[i], strict=True)
            ],
        )
        for i, e in enumerate(plot.effects)
    ]
    return albatross_figure(
        AlbatrossChart(
            title="P-values against people, where sizes were not printed",
            subtitle="Right of the line: towards the drug; dashed lines: effects of 0.2, 0.5 and 0.8 SD; a p printed as a bound lies further out",
            points=points,
            contours=contours,
        )
    )


def durability_of(answer: Answer) -> Figure | None:
    """Return the follow-up of trials that print a usable result at two or more times."""
    series: list[DurabilitySeries] = []
    for f in answer.follow_up:
        points = [p for p in f["points"] if math.isfinite(p["estimate"])]
        if len(points) > 1:
            series.append(
                DurabilitySeries(
                    f["label"],
                    [
                        DurabilityPoint(
                            p["day"], p["estimate"], (p["ci_lower"], p["ci_upper"]), f["people"]
                        )
                        for p in points
                    ],
                    main=not series,
                )
            )
    if not series:
        return None
    last = max(p.day for s in series for p in s.points)
    return durability_figure(
        DurabilityCurve(
            title=f"How the difference developed, up to day {last:g}",
            subtitle=f"Difference between drug and comparison in {_STANDARD}, with 95% intervals; above zero favours the drug",
            series=series[:4],
        )
    )


def history_of(answer: Answer) -> Figure | None:
    """Return how the estimate stood after each study, when at least two steps have one."""
    steps = [h for h in answer.history if math.isfinite(h["estimate"])]
    found = answer.headline
    if found is None or len(steps) < 2:
        return None
    return history_figure(
        HistoryCurve(
            title=f"The answer after each trial, {steps[0]['year']} to {steps[-1]['year']}",
            subtitle=f"{found.measure}, {found.unit or 'no unit'}; estimate and 95% interval of all trials so far",
            points=[
                HistoryPoint(
                    h["year"],
                    h["estimate"],
                    (h["ci_lower"], h["ci_upper"]),
                    ", ".join(h["added"]),
                    h["people"],
                )
                for h in steps
            ],
            log=found.measure == "RR",
        )
    )


def specifications_of(answer: Answer) -> Figure | None:
    """Return the specification curve of the multiverse."""
    every: Any = answer.specifications
    if len(every) < 2 or answer.multiverse is None or answer.multiverse["trial_sets"] < 2:
        return None
    share = answer.multiverse
    most = max(s["k"] for s in every)
    return specification_figure(
        SpecificationCurve(
            title=f"{share['towards']:.0%} of {share['analyses']} analyses point towards the drug; {share['clear_benefit']:.0%} leave out no difference".replace(
                "%", " %"
            ),
            subtitle=f"Each line one analysis, in {_STANDARD}; at most {most} of {len(answer.layers[0].studies)} trials print enough to take part; those that say only “not significant” can not",
            specifications=[
                Specification(
                    s["estimate"],
                    (s["ci_lower"], s["ci_upper"]),
                    tuple(tuple(c) for c in s["choices"]),
                )
                for s in every
            ],
            low_words="better with the comparison",
            high_words="better with the drug",
            digits=2,
        )
    )


def unblinding_words(answer: Answer) -> list[str]:
    """Say how much of the headline would have to be expectancy for it to change."""
    bound = answer.unblinding
    if bound is None or answer.headline is None or answer.direction not in ("benefit", "unclear"):
        return []
    if bound["touches_zero"] == 0:
        return [
            "The interval includes no difference already, before anything is taken off for people who "
            "noticed what they were given."
        ]
    return [
        f"If {bound['touches_zero']:.0%} of the difference came from people noticing what they were given, the "
        "interval would touch no difference. Nobody has measured how large that part is here."
    ]
