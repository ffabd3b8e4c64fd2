"""Arms of trials for the approach pages: their names, classes, and one axis of dose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aponia.answers.exposure_arms import ArmExposure, Regimen, regimen_of
from aponia.answers.exposure_data import pharmacology
from aponia.answers.exposure_slices import placed_arms
from aponia.exposure import (
    Dose,
    ExposureError,
    Placement,
    Simulation,
    peak_occupancy,
    simulate,
)
from aponia.site.charts import Figure
from aponia.site.charts.arms_strip import (
    ArmLane,
    ArmPoint,
    ArmsStrip,
    BandLane,
    DoseSpan,
    Fit,
)
from aponia.site.views.common import World

__all__ = [
    "CLASSES",
    "INFUSION",
    "PEOPLE",
    "ApproachPage",
    "arm_name",
    "arms_of_class",
    "doses_given",
    "infusion_arms",
    "once",
    "shares",
    "sourced",
    "sources_of",
    "strip_of",
    "unit_of",
]

PEOPLE: Final = 4000


@dataclass(frozen=True)
class ApproachPage:
    """One approach as the pages name it: vocabulary id, class of the models, words, page."""

    id: str
    kind: str
    name: str
    page: str
    question: str


CLASSES: Final[tuple[ApproachPage, ...]] = (
    ApproachPage("macrodose", "full", "Full dose", "full-dose.html", "full-dose-duration"),
    ApproachPage(
        "psycholytic", "psycholytic", "Psycholytic dose", "psycholytic.html", "psycholytic-pain"
    ),
    ApproachPage("microdose", "microdose", "Microdose", "microdose.html", "microdosing-pain"),
)
INFUSION: Final = ApproachPage(
    "infusion", "by route", "Ketamine infusion", "infusion.html", "ketamine-infusion-pain"
)
_UNITS: Final = {"lsd": ("µg", 1e3)}
_LANES: Final = (
    ("macrodose", "full dose"),
    ("psycholytic", "psycholytic"),
    ("microdose", "microdose"),
)
_FIT: Final[dict[str, Fit]] = {
    "agrees": "agrees",
    "divided": "divided",
    "differs": "differs",
    "no label": "none",
}


def arm_name(world: World, arm: ArmExposure) -> tuple[str, str]:
    """Return name and address (from an approach page) of the record an arm belongs to."""
    if arm.kind == "study":
        return world.base.studies[arm.record].label, f"../studies/{arm.record}.html"
    return arm.record, f"../trials/{arm.record}.html"


def shares(placement: Placement | None) -> str:
    """Write the probabilities of the classes that have any."""
    if placement is None or placement.probabilities is None:
        return "not known"
    names = {"microdose": "microdose", "psycholytic": "psycholytic", "full": "full dose"}
    parts = [f"{names[k]} {v:.0%}" for k, v in placement.probabilities.items() if v >= 0.005]
    return ", ".join(parts)


def _given(world: World, arm: ArmExposure) -> Regimen | None:
    """Read what an arm gave; None for preparations whose content varies and for unknown doses."""
    record = world.base.studies.get(arm.record) or world.base.trials[arm.record]
    try:
        given = regimen_of(next(a for a in record.arms if a.id == arm.arm))
    except ExposureError:
        return None
    return None if any(d.form for d in given.doses) else given


def _middle_mg(world: World, arm: ArmExposure) -> float | None:
    """Dose of an arm for the axis, in mg at 70 kg: the middle one of a series or range."""
    given = _given(world, arm)
    if given is None:
        return None
    values = sorted(float(d.mg(70.0)) for d in given.doses)
    return values[len(values) // 2]


def strip_of(world: World, substance: str) -> ArmsStrip:
    """Set all arms of a substance on one axis of dose, under the published bands."""
    data = pharmacology(world.base)
    unit, factor = _UNITS.get(substance, ("mg", 1.0))
    rows = {b.id: b for b in world.base.dose_bands}
    lanes: dict[str, list[ArmPoint]] = {key: [] for key, _ in _LANES}
    other: list[ArmPoint] = []
    forms = 0
    for arm in placed_arms(world.base):
        if arm.substance != substance or arm.verdict not in _FIT:
            continue
        mg = _middle_mg(world, arm)
        if mg is None:
            forms += 1
            continue
        name, href = arm_name(world, arm)
        point = ArmPoint(mg * factor, name, _FIT[arm.verdict], arm.dose, shares(arm.placement),
                         arm.word, href)  # fmt: skip
        lanes.get(arm.label, other).append(point)
    bands = []
    for kind, label in (("microdose", "microdose"), ("psycholytic", "low, psycholytic"), ("full", "full dose")):  # fmt: skip
        spans = [
            DoseSpan(b.low_mg * factor, b.high_mg * factor, b.word, b.row, rows[b.row].source_url)
            for b in data.bands
            if (b.substance, b.form, b.route, b.approach) == (substance, None, "oral", kind)
        ]
        bands.append(BandLane(label, spans))
    drawn = [ArmLane(label, lanes[key]) for key, label in _LANES]
    if other:
        drawn.append(ArmLane("several, unclear", other))
    points = [p for lane in drawn for p in lane.points]
    judged = [p for p in points if p.fit != "none"]
    differs = sum(p.fit == "differs" for p in judged)
    n, name = len(points), world.label("substances", substance)
    title = f"{name[:1].upper()}{name[1:]}: published bands put {differs} of {len(judged)} arms elsewhere than their label"
    sources = len({s.source for b in bands for s in b.spans})
    more = f"; {forms} arms that gave mushrooms are in the table of all arms" if forms else ""
    below: list[tuple[float, str]] = []
    label = ""
    if substance in data.relations:
        for mg in (1.0, 3.0, 10.0, 25.0):
            got = peak_occupancy(once(world, substance, Dose(mg)))
            below.append((mg * factor, f"{got.median:.0f}% ({got.low:.0f} to {got.high:.0f})"))
        label = "Derived 5-HT2A occupancy at the peak of 1, 3, 10 and 25 mg, with what is not known of it"
    return ArmsStrip(
        title,
        f"{n} arms of studies and registered trials (one mark each) and {sources} published bands; doses "
        f"per kilogram at 70 kg{more}",
        unit, bands, drawn, below, label,
    )  # fmt: skip


def once(world: World, substance: str, dose: Dose, hours: float = 12.0) -> Simulation:
    """Simulate one oral dose as a trial gave it."""
    return simulate(
        substance, dose, "oral", n=PEOPLE, data=pharmacology(world.base), hours=hours, step=0.25
    )


def arms_of_class(world: World, kind: str) -> list[ArmExposure]:
    """Return the arms whose most likely class by published bands is `kind`."""
    return [
        a for a in placed_arms(world.base)
        if a.placement is not None and a.placement.probabilities and a.placement.most_likely == kind
    ]  # fmt: skip


def infusion_arms(world: World) -> list[ArmExposure]:
    """Return the arms that gave ketamine into a vein or under the skin."""
    return [
        a for a in placed_arms(world.base)
        if a.group == "by route" and a.route in ("intravenous", "infusion", "subcutaneous")
    ]  # fmt: skip


def sources_of(world: World, kind: str, substance: str) -> int:
    """Count the sources that name a class of doses of a pure substance by mouth."""
    return len({
        b.source for b in pharmacology(world.base).bands
        if (b.approach, b.substance, b.form, b.route) == (kind, substance, None, "oral")
    })  # fmt: skip


def doses_given(
    world: World, arms: Sequence[ArmExposure], substance: str
) -> list[tuple[float, int]]:
    """Return (mg, number of arms): highest, most frequent and lowest dose, highest first."""
    count: Counter[float] = Counter()
    for arm in arms:
        if arm.substance == substance and arm.route == "oral":
            given = _given(world, arm)
            # A range, a series or a supplement is not one curve.
            if given is not None and len(given.doses) == 1 and given.schedule_known:
                count[float(f"{float(given.doses[0].mg(70.0)):.2g}")] += 1
    if not count:
        return []
    most = max(count, key=lambda mg: (count[mg], mg))
    return [(mg, count[mg]) for mg in sorted({max(count), most, min(count)}, reverse=True)]


def unit_of(substance: str) -> tuple[str, float]:
    """Return the unit doses of a substance are written in, and how many of it are a milligram."""
    return _UNITS.get(substance, ("mg", 1.0))


def sourced(
    figure: Figure, source: str, anchor: str = "", notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Give a figure with its source, its place on the models page, and what to mind with it."""
    minded = [n.replace(" %", "%") for n in notes]
    return {"figure": figure, "source": source, "href": f"models.html{anchor}", "notes": minded}
