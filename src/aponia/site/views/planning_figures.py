"""The pictures of a page of the next trial, from the kept plan of a question."""

from __future__ import annotations

import math
import re
from typing import Any

from aponia.answers.guard import LEFT_OUT, without_doses
from aponia.appraisal import LEVELS
from aponia.site.charts.figure import Figure
from aponia.site.charts.plan_bars import (
    CertaintyBar,
    CertaintyBars,
    ShareBar,
    ShareBars,
    certainty_bars_figure,
    percent,
    share_bars_figure,
)
from aponia.site.charts.plan_curves import (
    IntervalRows,
    PlannedInterval,
    SizeCurves,
    SizeLine,
    interval_rows_figure,
    size_curves_figure,
)

__all__ = ["certainty_picture", "clean", "interval_picture", "size_picture", "unblinding_picture"]


def clean(text: str) -> str:
    """Return a text of the plan as a page may print it: no amounts of a drug, true minus signs."""
    text = (
        without_doses(text)
        .replace(f" {LEFT_OUT}", "")
        .replace("no effect", "no difference")
        .replace("`", "")
    )
    return re.sub(r"(?<![\w.])-(?=\d)", "−", text)


def size_picture(made: dict[str, Any]) -> Figure:
    """Return power and assurance over the number of people."""
    plan = made["plan"]
    size, target = plan["for_power"], clean(plan["told"]["target"])
    if size["people"] is not None:
        title = f"{size['people']} people would give a chance of {percent(size['reached']['value'])} to detect that effect"
    else:
        title = f"No size up to the largest tried gives a chance of {percent(plan['target'])}"
    points = list(plan["curve"])
    return size_curves_figure(
        SizeCurves(
            title,
            f"Effect to detect: {target}. Parallel groups, two-sided {100 * plan['alpha']:g}%, dropout included, by simulation",
            [p["people"] for p in points],
            [
                SizeLine("if the effect is that large (power)", [p["power"]["value"] for p in points],
                         [p["power"]["mc_error"] for p in points]),
                SizeLine("over all effects believed possible (assurance)", [p["assurance"]["value"] for p in points],
                         [p["assurance"]["mc_error"] for p in points]),
            ],
            plan["target"],
            size["people"],
        )
    )  # fmt: skip


def interval_picture(made: dict[str, Any]) -> Figure | None:
    """Return the interval a trial would end with, by size; None when hardly any could be analysed."""
    plan = made["plan"]
    widths = [(w["people"], w["half_width"]) for w in made["half_widths"]]
    if not widths:
        return None
    ratio = plan["endpoint"]["kind"] in ("count", "responder")
    effect = plan["target_effect"]

    def natural(value: float) -> float:
        return math.exp(value) if ratio else value

    rows = [PlannedInterval(n, natural(effect - w), natural(effect + w)) for n, w in widths]
    name = {"count": "rate ratio", "responder": "odds ratio"}.get(
        plan["endpoint"]["kind"], f"difference in {plan['endpoint']['unit']}"
    )
    clear = next((r for r in rows if not r.low <= (1.0 if ratio else 0.0) <= r.high), None)
    title = (
        f"From about {clear.people} people the average interval leaves out no difference"
        if clear
        else "At none of these sizes does the average interval leave out no difference"
    )
    return interval_rows_figure(
        IntervalRows(
            title, "Average 95% interval of trials that find exactly the effect to detect (dotted)",
            natural(effect), rows, 1.0 if ratio else 0.0, ratio, "in favour of the drug", "against it",
            plan["endpoint"]["benefit_sign"] < 0, name,
        )
    )  # fmt: skip


def _shares(forecast: dict[str, Any]) -> tuple[float, float, float, float]:
    a, b, c, d = (forecast["levels"][level]["value"] for level in LEVELS)
    return a, b, c, d


def _one_side(forecast: dict[str, Any]) -> str:
    found = forecast["interval"]["benefit"]["value"] + forecast["interval"]["harm"]["value"]
    return f"Interval leaves out no difference in {percent(found)}"


def certainty_picture(made: dict[str, Any]) -> Figure:
    """Return where certainty may stand: today, after the registered trials, after a new one."""
    now = made["outlook"]["now"]
    a, b, c, d = (1.0 if level == now else 0.0 for level in LEVELS)
    bars = [CertaintyBar("Today", (a, b, c, d))]
    for scenario in made["outlook"]["scenarios"]:
        if scenario["reports"] == 1.0 and scenario["forecast"]:
            side = "against them" if scenario["side"] == "cautious" else "in their favour"
            n = len(scenario["trials"])
            bars.append(
                CertaintyBar(
                    f"If the registered {'trial' if n == 1 else f'{n} trials'} that can add report{'s' if n == 1 else ''}, every open point {side}",
                    _shares(scenario["forecast"]), _one_side(scenario["forecast"]),
                )
            )  # fmt: skip
    for case in made["after_a_trial"]:
        bars.append(CertaintyBar(case["case"], _shares(case), _one_side(case)))
    first, careful = made["after_a_trial"][0], made["after_a_trial"][1]
    usual, well = (x["at_least"]["moderate"]["value"] for x in (first, careful))
    n = first["people"]
    if well - usual > 0.1:
        title = f"The same {n} people reach moderate certainty in {percent(usual)} of futures run as usual, in {percent(well)} run with care"
    else:
        title = f"{n} people reach moderate certainty in {percent(usual)} of futures run as usual, {percent(well)} run with care"
    return certainty_bars_figure(
        CertaintyBars(
            title, f"Share of {first['simulations']} simulated futures at each level of certainty, by the rules of this site", bars
        )
    )  # fmt: skip


def unblinding_picture(made: dict[str, Any]) -> Figure:
    """Return how often a treatment that does nothing would seem to do something."""
    plan = made["plan"]
    rows = {u["scenario"]: u for u in plan["unblinding"]}
    promised = plan["operating"]["allowed_error"]
    labels = {
        "blind-holds": "The blind holds",
        "active-comparator": "Active comparator, as assumed",
        "inert-comparator": "Inert comparator, as assumed",
    }
    bars = [
        ShareBar(
            labels[key], rows[key]["false_positive"]["value"],
            f"{100 * rows[key]['believe_active']:.0f}% on the drug and {100 * rows[key]['believe_comparator']:.0f}% on the comparator believe they got it",
        )
        for key in labels
    ]  # fmt: skip
    worst = rows["inert-comparator"]["false_positive"]["value"]
    return share_bars_figure(
        ShareBars(
            f"If people can tell, a treatment that does nothing seems to do something in {percent(worst)} of trials",
            f"Trials of {plan['operating']['people']} people that end positive or negative when the treatment itself does nothing",
            bars, promised, f"Dotted: the {100 * promised:g}% that the test promises.",
        )
    )  # fmt: skip
