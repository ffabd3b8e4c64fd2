"""The files beside the pages of the next trial: everything as JSON, and two pages for a protocol."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aponia.answers.guard import check_texts
from aponia.site.charts.figure import Figure
from aponia.site.dates import written_date
from aponia.site.planned import planned
from aponia.site.typeset import page_count, typeset
from aponia.site.views.common import World
from aponia.site.views.planning import after_words, assumption_rows
from aponia.site.views.planning_figures import (
    certainty_picture,
    clean,
    interval_picture,
    size_picture,
    unblinding_picture,
)

__all__ = ["PlanPrintError", "plan_pdf", "planned_files"]

PAGES = 2
#: Type size, sources printed with an item, width of the widest picture and of the curves in percent; tried in
#: order: pictures shrink before letters do.
_CUTS = (
    (8.6, 1, 100, 100), (8.4, 1, 92, 84), (8.4, 1, 86, 70), (8.2, 1, 82, 64), (8.0, 1, 76, 60),
    (7.8, 0, 72, 58), (7.5, 0, 66, 54), (7.2, 0, 60, 50), (6.9, 0, 55, 46),
)  # fmt: skip
_FILLED = {"very low": 1, "low": 2, "moderate": 3, "high": 4}
_DESIGN = {"parallel": "parallel groups", "crossover": "crossover", "n-of-1": "N-of-1 trials"}


class PlanPrintError(ValueError):
    """Two pages of a plan can not be printed; the message names the question and the reason."""


def planned_files(world: World, *, threads: int = 2) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of the JSON and the PDF of each planned question.

    Parameters
    ----------
    world : World
    threads : int
        Documents drawn at a time.

    Yields
    ------
    tuple of (str, bytes)

    Raises
    ------
    PlanPrintError
        A document breaks a rule of wording, names an amount of a drug, or does not fit its pages.
    """
    found = planned(world)
    ready = {name: made for name, made in found.items() if made["plan"]}
    for name, made in ready.items():
        yield f"next-trial/{name}.json", _json(made)
    with ThreadPoolExecutor(threads) as pool:
        for name, pdf in zip(
            ready, pool.map(lambda item: plan_pdf(world, *item), ready.items()), strict=True
        ):
            yield f"next-trial/{name}.pdf", pdf


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def plan_pdf(world: World, name: str, made: dict[str, Any], paper: str = "a4") -> bytes:
    """Return the two pages of a planned question as PDF.

    Parameters
    ----------
    world : World
    name : str
        Id of the question.
    made : dict
        Of `planned`, with a plan.
    paper : {"a4", "letter"}

    Returns
    -------
    bytes

    Raises
    ------
    PlanPrintError
    """
    wrong = check_texts(
        name, [(t, None) for t in _texts(_data(world, name, made, paper, _CUTS[0]))], patient=False
    )
    if wrong:
        raise PlanPrintError("\n".join(str(f) for f in wrong))
    for cut in _CUTS:
        pdf = typeset("plan", _data(world, name, made, paper, cut), created=world.released)
        if page_count(pdf) == PAGES:
            return pdf
    raise PlanPrintError(
        f"next-trial/{name}.pdf: {page_count(pdf)} pages with every cut, expected {PAGES}"
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != "svg":
                yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _picture(figure: Figure, *, wide: bool = False) -> dict[str, str]:
    # The printed fonts are variable: without a weight of its own their thinnest cut would be taken.
    drawn = str(figure.wide if wide else figure.narrow).replace(
        "<text ", '<text font-weight="500" '
    )
    drawn = re.sub(r'<text font-weight="500" ([^>]*font-weight="600")', r"<text \1", drawn)
    return {
        "title": figure.title, "subtitle": figure.subtitle, "svg": drawn,
        "alt": f"{figure.title}. The numbers stand on the page of this question, and in its JSON file.",
    }  # fmt: skip


def _data(
    world: World, name: str, made: dict[str, Any], paper: str, cut: tuple[float, int, int, int]
) -> dict[str, Any]:
    plan, answer = made["plan"], world.answers[name]
    level = answer.certainty.level
    size, sources, bars, curves = cut
    version = f"{world.data_version}+{world.base.digest[:12]}"
    interval = interval_picture(made)
    figures = [size_picture(made), unblinding_picture(made), certainty_picture(made)]
    figures.insert(1, interval if interval is not None else figures[0])

    def cited(item: dict[str, Any]) -> str:
        told = [s["text"] for s in item["sources"][:sources]]
        more = len(item["sources"]) - len(told)
        if not told:
            return ""
        return "[" + ", ".join(told) + (f" and {more} more" if more > 0 else "") + "]"

    return {
        "title": f"The next trial: {answer.ask}",
        "paper": paper,
        "ask": answer.ask,
        "lead": clean(plan["sentences"][0]),
        "now": f"{level.capitalize()} certainty today",
        "filled": _FILLED[level],
        "way": [clean(w) for w in made["outlook"]["words"]],
        "people": [clean(s) for s in plan["sentences"][1:]],
        "designs": [
            [_DESIGN[d], str(n) if n else "not reached"]
            for d, n in made["people_by_design"].items()
        ],
        "pictures": [_picture(figures[i], wide=i == 3) for i in (0, 1, 3, 2)],
        "after": clean(after_words(made)),
        "belief": clean(
            f"{plan['belief']['words']} Middle {plan['told']['middle']}; 95% of next trials’ true effects from {plan['told']['low']} to {plan['told']['high']}."
        ),
        "heads": ["Number", "Value", "Range to try", "Origin"],
        "rests": [list(row[:4]) for row in assumption_rows(made)],
        "protocol_heads": ["Item", "About", "What the base suggests"],
        "protocol": [
            {
                "number": p["number"],
                "heading": p["heading"],
                "text": clean(p["suggestion"]),
                "sources": cited(p),
            }
            for p in made["protocol"]
        ],
        "warnings": [clean(plan["warnings"][-1])],
        "cut": {"size": size, "bars": bars, "curves": curves},
        "words": {
            "kicker": "The next trial",
            "standing": "For planning research with a statistician and an ethics committee. Not medical advice; names no dose. Legal status differs by country.",
            "version": f"Version {version} · data of {written_date(world.released) or 'undated'}",
            "way": "Is anything on its way?",
            "people": "How many people?",
            "design": "Design, 80% power",
            "number": "People",
            "rests": "What it rests on",
            "protocol": "For the protocol: items of SPIRIT 2025",
            "protocol_note": "Item numbers follow the SPIRIT 2025 explanation and elaboration (doi 10.1136/bmj-2024-081660). Headings are short names of ours. Sources are rows and records of the base.",
            "page": "Page",
            "foot": f"aponia {version} · next-trial/{name}.html · CC BY 4.0 · seed {plan['seed']}, {plan['simulations']} trials a point",
        },
    }
