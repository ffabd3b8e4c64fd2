"""A page for each approach: what it does in the body, how long, what was found, which trials gave it."""

from __future__ import annotations

from typing import Any

from aponia.answers import LAYERS, Answer
from aponia.answers.exposure_arms import ROUTES, ArmExposure
from aponia.answers.exposure_data import pharmacology
from aponia.answers.exposure_slices import Slice, placed_arms, slice_answer
from aponia.evidence import Question
from aponia.site.charts import Link, Row, Table
from aponia.site.charts.exposure_curves import exposure_figure
from aponia.site.charts.range_dots import dots_figure
from aponia.site.dates import written_date
from aponia.site.render import Page
from aponia.site.views.approach_data import (
    CLASSES,
    INFUSION,
    ApproachPage,
    arm_name,
    arms_of_class,
    doses_given,
    infusion_arms,
    shares,
    sourced,
    sources_of,
)
from aponia.site.views.approach_figures import (
    curves_of,
    durations,
    infusion_curves,
    ketamine_areas,
    occupancy_curves,
)
from aponia.site.views.common import World, certainty_key

__all__ = ["infusion_page", "level_page", "question_slices"]


def level_page(world: World, level: ApproachPage) -> Page:
    """Return the page of a class of doses."""
    arms = arms_of_class(world, level.kind)
    data = pharmacology(world.base)
    figures = []
    doses = doses_given(world, arms, "psilocybin")
    occupied = occupancy_curves(world, doses)
    for substance in ("psilocybin", "lsd"):
        given = doses_given(world, arms, substance)
        drawn = curves_of(world, substance, given, 12.0)
        if drawn:
            figures.append(
                sourced(
                    exposure_figure(drawn),
                    "pk_parameters, by a fitted model",
                    f"#{substance}-oral",
                    data.models[substance, "oral"].caveats,
                )
            )
        if substance == "psilocybin" and occupied:
            figures.append(
                sourced(
                    exposure_figure(occupied),
                    "receptor_occupancy and pk_parameters, derived",
                    "#occupancy",
                    data.relations["psilocybin"].assumptions,
                )
            )
    felt = durations(world, level.kind)
    kinds = sorted({world.label("substances", a.substance) for a in arms})
    voices = _voices(world, level)
    return _page(
        world,
        level,
        {
            "lead": (
                f"{len(arms)} arms of studies and registered trials gave doses that published bands most often "
                f"call so: {', '.join(kinds)}. {voices}"
            ),
            "figures": figures,
            "unknown": "How much of the 5-HT2A receptor LSD, mescaline or MDMA occupies is not known: it was "
            "measured for LSD, but the figures were not read, and no source in the base measured the others. "
            "Mescaline has no published concentration here, and MDMA sessions gave a second dose hours after "
            "the first, so neither has a curve.",
            "felt": sourced(dots_figure(felt), "the rows named in the table") if felt else None,
            "arms": _arms_table(world, arms, level),
            "elsewhere": _filed_elsewhere(world, level),
        },
    )


def _voices(world: World, level: ApproachPage) -> str:
    """Say how many sources name the class, for the two drugs with most bands."""
    parts = []
    for substance in ("psilocybin", "lsd"):
        n = sources_of(world, level.kind, substance)
        parts.append(
            f"{n} {'source' if n == 1 else 'sources'} for {world.label('substances', substance)}"
        )
    return f"This class is named by {' and '.join(parts)}."


def infusion_page(world: World) -> Page:
    """Return the page of ketamine infusions, which have no class."""
    arms = infusion_arms(world)
    curves, areas = infusion_curves(world), ketamine_areas(world)
    figures = []
    if curves:
        figures.append(
            sourced(
                exposure_figure(curves),
                "the studies named in the table and pk_parameters",
                "#ketamine-intravenous",
                pharmacology(world.base).models["ketamine", "intravenous"].caveats,
            )
        )
    if areas:
        figures.append(
            sourced(
                dots_figure(areas),
                "the records named in the table and pk_parameters",
                "#ketamine-intravenous",
            )
        )
    return _page(
        world,
        INFUSION,
        {
            "lead": (
                f"{len(arms)} arms of studies and registered trials gave ketamine or esketamine into a vein or under "
                "the skin. No source names a microdose or a full dose of ketamine, so its arms stand under the way "
                "it was given, with their own exposure."
            ),
            "figures": figures,
            "unknown": _ketamine_unknown(world),
            "felt": None,
            "arms": _route_table(world, arms),
            "elsewhere": None,
        },
    )


def _ketamine_unknown(world: World) -> str:
    """Say what is not known of ketamine in the blood, with the check that shows it."""
    text = "How much of which receptor ketamine occupies in people is not in this base."
    model = pharmacology(world.base).models.get(("ketamine", "intravenous"))
    if model is None:
        return text
    half = model.typical("half_life")
    text += (
        f" Peaks of infusions shorter than about {half:.0f} hours are not known either, because the model has no "
        "distribution phase"
    )
    missed = [c for c in model.check() if c.quantity == "cmax" and c.ratio]
    if missed:
        text += f": the published peak after a bolus lies {1 / (missed[0].ratio or 1):.0f} times above it"
    return text + "."


def _page(world: World, level: ApproachPage, context: dict[str, Any]) -> Page:
    filed = world.answers.get(level.question)
    term = world.base.vocabulary.term("approaches", level.id)
    question = world.base.questions.get(level.question)
    given = slice_answer(world.base, question, level.id) if question else None
    found = given.answer if given else None
    same = level.kind == "by route"
    return Page(
        f"approaches/{level.page}",
        "approach.html",
        level.name,
        f"{level.name}: what trials gave, what it does in the body, how long it lasts, what was found.",
        "approaches",
        {
            "name": level.name,
            "plain": term.plain if term else "",
            "by_dose": _told(found) if found else None,
            "by_dose_note": given.sentence.replace("of this question", "of pain") if given else "",
            "by_label": _told(filed) if filed and not same else None,
            "question": {"ask": filed.ask, "href": f"../questions/{filed.id}.html"}
            if filed
            else None,
            "dated": f"Data of {written_date(world.released)}" if world.released else "",
            "slices": _slices(world, level),
            **context,
        },
        patient=True,
    )


def _told(answer: Answer) -> dict[str, Any]:
    """Return what the page shows of an answer."""
    return {
        "plain": answer.sentences.plain,
        "size": answer.sentences.size,
        "level": answer.certainty.level,
        "certainty": certainty_key(answer.certainty.level)
        if answer.status == "answered"
        else "none",
        "ladder": _ladder(answer),
    }


def _ladder(answer: Answer) -> list[dict[str, Any]]:
    return [
        {"name": LAYERS[x.layer].label, "studies": len(x.studies), "people": x.people or None,
         "text": x.sentence, "href": f"../questions/{answer.id}.html", "unit": "people"}
        for x in answer.layers
    ]  # fmt: skip


def question_slices(world: World, question: Question) -> list[dict[str, Any]]:
    """Answer a question about one pain and drug for each approach that studies of it gave."""
    if question.mechanism or question.approaches or question.outcomes[0].construct == "safety":
        return []
    cuts = [(level, slice_answer(world.base, question, level.id)) for level in (*CLASSES, INFUSION)]
    return [found for level, cut in cuts if (found := _sliced(level, question, cut)) is not None]


def _sliced(level: ApproachPage, question: Question, cut: Slice) -> dict[str, Any] | None:
    if cut.answer is None or not any(x.studies for x in cut.answer.layers):
        return None
    found = cut.answer
    layers = "; ".join(
        f"{LAYERS[x.layer].label.lower()}: {len(x.studies)}" for x in found.layers if x.studies
    )
    return {
        "approach": level.name, "page": f"../approaches/{level.page}",
        "short": question.short, "href": f"../questions/{question.id}.html",
        "plain": found.sentences.plain, "layers": layers,
        "certainty": certainty_key(found.certainty.level), "level": found.certainty.level,
        "rated": found.status == "answered", "outside": cut.sentence,
    }  # fmt: skip


def _slices(world: World, level: ApproachPage) -> list[dict[str, Any]]:
    """Answer every question about one pain and drug from the studies of this level alone."""
    out = []
    for question in world.base.questions.values():
        if question.mechanism or question.approaches:
            continue
        if question.outcomes[0].construct == "safety":
            continue
        found = _sliced(level, question, slice_answer(world.base, question, level.id))
        if found is not None:
            out.append(found)
    return out


def _arms_table(world: World, arms: list[ArmExposure], level: ApproachPage) -> Table:
    rows = []
    for arm in sorted(arms, key=lambda a: (a.substance, a.kind, a.record)):
        name, href = arm_name(world, arm)
        rows.append(
            Row(
                (
                    Link(name, href),
                    f"{arm.dose} {world.label('substances', arm.substance)}",
                    world.label("approaches", arm.label),
                    shares(arm.placement),
                    _peak(arm),
                )
            )
        )
    return Table(
        f"{len(arms)} arms that published bands most often call {level.name.lower()}",
        ("Study or trial", "It gave", "Filed as", "By published bands", "Peak in plasma, 90% of people"),
        rows,
        note="Peaks are of virtual people; where nothing stands, the reason is in the table of all arms.",
    )  # fmt: skip


def _peak(arm: ArmExposure) -> str:
    if arm.peak is None:
        return "not known"
    middle, low, high = arm.peak
    if low is None or high is None:
        return f"{middle:.3g} {arm.unit}, typical person"
    return f"{middle:.3g} {arm.unit} ({low:.3g} to {high:.3g})"


def _filed_elsewhere(world: World, level: ApproachPage) -> Table | None:
    rows = []
    for arm in placed_arms(world.base):
        if arm.label != level.id or arm.placement is None or not arm.placement.probabilities:
            continue
        if arm.placement.most_likely == level.kind:
            continue
        name, href = arm_name(world, arm)
        rows.append(
            Row((Link(name, href), f"{arm.dose} {world.label('substances', arm.substance)}",
                 f"“{arm.word}”" if arm.word else "–", shares(arm.placement)))
        )  # fmt: skip
    if not rows:
        return None
    return Table(
        f"{len(rows)} arms filed under {level.name.lower()} that published bands place elsewhere",
        ("Study or trial", "It gave", "Authors’ word", "By published bands"),
        rows,
    )


def _route_table(world: World, arms: list[ArmExposure]) -> Table:
    rows = []
    for arm in sorted(arms, key=lambda a: (a.kind, a.record)):
        name, href = arm_name(world, arm)
        area = "not known" if arm.area is None else f"{arm.area[0]:,.0f}".replace(",", "\u2009")
        rows.append(
            Row(
                (
                    Link(name, href),
                    f"{arm.dose} {world.label('substances', arm.substance)}",
                    ROUTES[arm.route],
                    f"“{arm.word}”" if arm.word else "–",
                    _peak(arm),
                    area,
                )
            )
        )
    return Table(
        f"{len(arms)} arms that gave ketamine or esketamine into a vein or under the skin",
        ("Study or trial", "It gave", "How", "Authors’ word", "Highest level in plasma", "Area, ng·h/mL"),
        rows,
        note="Not known: the record gives no amount, no length, or no model reaches this route.",
        numeric=(5,),
    )  # fmt: skip
