"""The overview of the approaches: what trials gave, what others call it, where names part ways."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from aponia.answers.exposure_arms import ArmExposure, disagreements
from aponia.answers.exposure_slices import placed_arms
from aponia.site.charts import Link, Row, Table
from aponia.site.charts.arms_strip import arms_figure
from aponia.site.charts.range_dots import dots_figure
from aponia.site.dates import written_date
from aponia.site.render import Page
from aponia.site.views.approach_data import (
    CLASSES,
    INFUSION,
    ApproachPage,
    arm_name,
    arms_of_class,
    infusion_arms,
    shares,
    sourced,
    sources_of,
    strip_of,
)
from aponia.site.views.approach_figures import durations, equivalences
from aponia.site.views.approach_levels import infusion_page, level_page
from aponia.site.views.approach_models import arms_page, models_page
from aponia.site.views.common import World, certainty_key

__all__ = ["approach_pages"]


def approach_pages(world: World) -> Iterator[Page]:
    """Yield the overview, a page for each approach, the arms and the models."""
    yield _index(world)
    for level in CLASSES:
        yield level_page(world, level)
    yield infusion_page(world)
    yield arms_page(world)
    yield models_page(world)


def _index(world: World) -> Page:
    arms = placed_arms(world.base)
    verdicts = Counter(a.verdict for a in arms)
    judged = verdicts["agrees"] + verdicts["divided"] + verdicts["differs"]
    strips = [
        sourced(
            arms_figure(strip_of(world, "psilocybin")),
            "the records and rows named in the table",
        ),
        sourced(
            arms_figure(strip_of(world, "lsd")),
            "the records and rows named in the table",
        ),
    ]
    equal = equivalences(world)
    felt = durations(world)
    return Page(
        "approaches/index.html",
        "approaches.html",
        "Approaches",
        "Full dose, psycholytic, microdose, infusion: what studies gave, what each level does in the body, and what was found there.",
        "approaches",
        {
            "headline": (
                f"Of {judged} arms with a known dose and a label, {verdicts['agrees']} lie where published bands "
                f"put that label. {verdicts['differs']} lie elsewhere, and about {verdicts['divided']} the bands are divided."
            ),
            "cards": [_card(world, level) for level in (*CLASSES, INFUSION)],
            "strips": strips,
            "names": _names(world),
            "disagreements": _disagreement_table(world, disagreements(arms)),
            "equal": sourced(dots_figure(equal), "the rows named in the table") if equal else None,
            "felt": sourced(dots_figure(felt), "the rows named in the table") if felt else None,
            "dated": f"Data of {written_date(world.released)}" if world.released else "",
            "low_sources": sources_of(world, "psycholytic", "psilocybin"),
            "counts": {
                "arms": len(arms),
                "placed": judged + verdicts["no label"],
                "routes": verdicts["by route"],
                "unplaced": verdicts["not placed"],
            },
        },
        patient=True,
    )


def _card(world: World, level: ApproachPage) -> dict[str, Any]:
    answer = world.answers.get(level.question)
    term = world.base.vocabulary.term("approaches", level.id)
    if level.kind == "by route":
        n = len(infusion_arms(world))
        felt = ""
    else:
        n = len(arms_of_class(world, level.kind))
        hours = durations(world, level.kind)
        rows = hours.rows if hours else ()
        values = [r.value for r in rows if r.value is not None and not r.hollow]
        felt = f"felt {min(values):.0f} to {max(values):.0f} hours" if values else ""
        if values and round(min(values)) == round(max(values)):
            felt = f"felt about {values[0]:.0f} hours"
    return {
        "name": level.name,
        "href": level.page,
        "plain": term.plain if term else "",
        "n": n,
        "felt": felt or ("hours felt: not read" if level.kind != "by route" else ""),
        "certainty": ""
        if not answer
        else certainty_key(answer.certainty.level)
        if answer.status == "answered"
        else "none",
        "asked": answer.ask if answer else "",
    }


def _names(world: World) -> list[dict[str, Any]]:
    """Find doses that different authors call by different words."""
    groups: dict[tuple[str, str], list[ArmExposure]] = {}
    for arm in placed_arms(world.base):
        if arm.placement is not None and arm.placement.probabilities:
            groups.setdefault((arm.substance, arm.dose), []).append(arm)
    found = []
    for (substance, dose), arms in groups.items():
        words: dict[str, list[ArmExposure]] = {}
        for arm in arms:
            if arm.word:
                words.setdefault(_stem(arm.word), []).append(arm)
        if len(words) < 2:
            continue
        sides = [
            {
                "value": f"“{named[0].word}”",
                "who": ", ".join(arm_name(world, a)[0] for a in named)
                + (" (title)" if named[0].kind == "study" else " (name of the arm)"),
                "href": arm_name(world, named[0])[1],
            }
            for named in words.values()
        ]
        labels = sorted({a.label for a in arms})
        sides.append({
            "value": " or ".join(world.label("approaches", label) for label in labels),
            "who": "how this base files the records", "href": "arms.html",
        })  # fmt: skip
        sides.append({
            "value": shares(arms[0].placement), "who": "published bands, with their share",
            "href": "models.html#bands",
        })  # fmt: skip
        name = world.label("substances", substance)
        found.append({"topic": f"what to call {dose} of {name.lower() if name != 'LSD' else name}",
                      "sides": sides})  # fmt: skip
    # The widest disagreement first: one trial's paper and registration.
    return sorted(found, key=lambda f: "psilocybin" not in f["topic"])


def _stem(word: str) -> str:
    """Bring "low doses" and "low-dose" together, "microdoses" and "microdosing" too."""
    return re.sub(r"[- ]?dos\w*$", "", word)


def _disagreement_table(world: World, arms: tuple[ArmExposure, ...]) -> Table:
    rows = []
    for arm in arms:
        name, href = arm_name(world, arm)
        assert arm.placement is not None
        voices = ", ".join(f"{k} {v}" for k, v in arm.placement.voices.items())
        rows.append(
            Row(
                (
                    Link(name, href),
                    f"{arm.dose} {world.label('substances', arm.substance)}",
                    f"“{arm.word}”" if arm.word else "–",
                    world.label("approaches", arm.label)
                    + (" (another arm gave more)" if arm.lesser else ""),
                    shares(arm.placement),
                    voices,
                )
            )
        )
    return Table(
        f"{len(arms)} arms that published bands place otherwise than their label, or are divided about",
        ("Study or trial", "It gave", "Authors’ word", "Filed as", "By published bands", "Sources for each class"),
        rows,
        note="The share says how far published bands agree, no more. Sources that name a psycholytic class of "
        f"psilocybin: {sources_of(world, 'psycholytic', 'psilocybin')}.",
    )  # fmt: skip
