"""The page of an explored question: the form, the result, what differs from the reviewed answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aponia.answers import Answer, Layer
from aponia.answers.explore import Explored
from aponia.answers.explore_choices import LABELS, OPTIONS, Choices
from aponia.site.charts import Link, Row, Table
from aponia.site.dates import written_date
from aponia.site.views.common import DIRECTION, RED_FLAGS, World, certainty_key
from aponia.site.views.question import forest_of, rows_table

__all__ = ["address", "common_context", "form_of", "result_context", "values_of"]

_HINTS = {
    "target": "Of several results of a trial the one nearest to this day is taken.",
    "test": "Counts with every model but the Bayesian one.",
    "prior": "Counts with the Bayesian model only.",
    "scale": "Counts with the Bayesian model only. Empty: the rule of the methods page.",
    "correlation": "0 to 0.99. Counts where a crossover trial printed none.",
}
_FIELDSETS = (
    ("The question", ("outcome", "comparator")),
    ("The days that count", ("min", "max", "target")),
    ("The trials", ("blinding", "out")),
    ("The numbers", ("units", "correlation")),
    ("The model", ("model", "test", "prior", "scale", "level")),
)
_NUMBERS = frozenset({"min", "max", "target", "scale", "correlation"})


def address(question: str, pairs: Sequence[tuple[str, str]], suffix: str = "") -> str:
    """Return the address of a view."""
    tail = urlencode(list(pairs))
    return f"/explore/{question}{suffix}" + (f"?{tail}" if tail else "")


def values_of(choices: Choices) -> dict[str, list[str]]:
    """Return the choices as a form holds them."""
    values: dict[str, list[str]] = {}
    for name in LABELS:
        value = getattr(choices, name)
        if name == "out":
            values[name] = list(value)
        else:
            shown = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)  # fmt: skip
            values[name] = [shown]
    return values


def form_of(
    world: World, answer: Answer, values: Mapping[str, Sequence[str]], start: Choices
) -> list[dict[str, Any]]:
    """Return the fieldsets of the form.

    Parameters
    ----------
    world : World
    answer : Answer
    values : mapping of str to sequence of str
        What stands in the fields, right or wrong.
    start : Choices
        The reviewed ones, named beside each field.
    """
    reviewed = values_of(start)
    trials = next(x.studies for x in answer.layers if x.layer is Layer.RANDOMISED)
    outcomes = {o.construct: o.label for o in world.base.questions[answer.id].outcomes}
    found = []
    for legend, names in _FIELDSETS:
        fields = []
        for name in names:
            given = list(values.get(name, reviewed[name]))
            field: dict[str, Any] = {
                "name": name,
                "label": LABELS[name],
                "hint": _HINTS.get(name, ""),
                "value": given[0] if given else "",
            }
            if name == "out":
                field["kind"] = "many"
                field["options"] = [
                    {"value": s, "label": world.base.studies[s].label, "on": s in given}
                    for s in trials
                ]
            elif name in _NUMBERS:
                field["kind"] = "number"
                field["whole"] = name in ("min", "max", "target")
            else:
                options = outcomes if name == "outcome" else OPTIONS[name]
                field["kind"] = "one"
                field["options"] = [
                    {
                        "value": key,
                        "label": label + (" (reviewed)" if key == reviewed[name][0] else ""),
                        "on": key == field["value"],
                    }
                    for key, label in options.items()
                ]
            fields.append(field)
        found.append({"legend": legend, "fields": fields})
    return found


def common_context(world: World, answer: Answer) -> dict[str, Any]:
    """Return what every explore page of a question shows."""
    return {
        "answer": answer,
        "reviewed_certainty": certainty_key(answer.certainty.level)
        if answer.status == "answered"
        else "none",
        "question_href": f"../questions/{answer.id}.html",
        "digest": world.base.digest[:12],
        "released": written_date(world.released) if world.released else "",
        "crisis": world.crisis_lines,
        "red_flags": RED_FLAGS,
    }


def result_context(world: World, answer: Answer, found: Explored) -> dict[str, Any]:
    """Return what the page of a view shows."""
    pairs = found.choices.pairs(found.reviewed)
    marked = (*pairs, ("evidence", world.base.digest[:12]))
    headline = found.headline
    return {
        "found": found,
        "certainty": certainty_key(found.certainty.level),
        "direction": DIRECTION[found.direction],
        "headline": headline,
        "figures": [
            forest_of(world, s, "../") for s in found.syntheses if s.kind in ("pooled", "single")
        ],
        "words_only": _words_only(found),
        "differences": Table(
            "What was changed",
            ("Choice", "Reviewed answer", "Here"),
            [Row((d.label, d.reviewed, d.here)) for d in found.differences],
        ),
        "numbers": rows_table(world, headline.rows, "The results in this view", "../")["table"]
        if headline
        else None,
        "trials": Table(
            "What became of each randomised trial",
            ("Trial", "In this view", "Result taken, or why not"),
            [
                Row((Link(t.label, f"../studies/{t.study}.html"), "yes" if t.used else "no", t.why))
                for t in found.trials
            ],
        ),
        "used": sum(t.used for t in found.trials),
        "link": address(found.question, marked),
        "json_href": address(found.question, pairs, ".json"),
        "csv_href": address(found.question, pairs, ".csv"),
    }


def _words_only(found: Explored) -> str:
    """Say why there is no plot."""
    if found.headline is None:
        return "No trial is left under these choices, so there is nothing to show and nothing to say. The table below names the reason for each trial."
    if any(s.kind in ("pooled", "single") for s in found.syntheses):
        return ""
    return "None of these trials printed a size with an interval, so there is no forest plot: only the direction of each result can be shown, in the table below."
