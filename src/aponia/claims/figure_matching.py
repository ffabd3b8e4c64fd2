"""Numbers of a claim against the numbers of a record: the same, another value, or something else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from aponia.claims.figures import Figure
from aponia.claims.model import Magnitude, Reading
from aponia.claims.records import StudyFacts

__all__ = ["FigureCheck", "check_figures", "figure_for", "misread_as", "same_dose"]


def same_dose(m: Magnitude, dose: tuple[float, str]) -> bool:
    """Whether an amount of a claim is a dose of a record."""
    value, unit = dose
    unit = {"g dried mushroom": "g", "mg dried mushroom": "mg", "mg/70 kg": "mg"}.get(unit, unit)
    return unit.startswith(m.unit) and (
        abs(value - m.value) <= 0.05 * value or (m.high is not None and m.value <= value <= m.high)
    )


def figure_for(m: Magnitude, figures: Iterable[Figure]) -> Figure | None:
    """Return the figure of a record a number of the claim stands for, or None.

    Percent may be rounded (3 points, or 8%), counts must be exact, times may be off by a tenth.
    """
    if m.high is not None and m.unit != "of" and m.kind != "duration":
        # a range stands for two figures, and both must be there
        printed = tuple(figures)
        low = figure_for(replace(m, high=None), printed)
        return low if low and figure_for(replace(m, value=m.high, high=None), printed) else None
    for f in figures:
        if _agrees(m, f):
            return f
    return None


def _agrees(m: Magnitude, f: Figure) -> bool:
    if m.unit == "percent":
        if f.unit not in ("percent", "%", "% change", "% relief", "% reduction") or f.kind not in (
            "effect",
            "share",
        ):
            return False
        # tens, halves and thirds are how people round; other figures are meant as they stand
        spoken = m.value % 10 == 0 or not m.text[:1].isdigit()
        return f.kind == m.kind and abs(f.value - m.value) <= max(
            5.0 if spoken else 3.0, (0.05 if m.text[:1].isdigit() else 0.08) * f.value
        )
    if m.unit == "of":
        return (f.unit == "of" and f.value == m.value) or (
            f.kind == "share"
            and f.unit == "percent"
            and m.high is not None
            and m.high > 0
            and abs(f.value - 100 * m.value / m.high) < 0.6
        )
    if m.unit.startswith("attacks/"):
        return (
            f.kind in ("effect", "level")
            and f.unit.replace("days/", "attacks/") == m.unit
            and (abs(f.value - m.value) <= max(0.35, 0.1 * f.value))
        )
    if m.kind == "duration":
        top = m.high or m.value
        return (
            f.kind == "duration"
            and f.unit == "days"
            and abs(f.value - top) <= max(0.02, 0.12 * f.value)
        )
    if m.kind == "size":
        return f.kind == "size" and f.value == m.value
    if m.kind == "dose":
        return f.kind == "dose" and f.unit == m.unit and abs(f.value - m.value) <= 0.05 * f.value
    if m.kind == "p":
        return f.kind == "p" and abs(f.value - m.value) <= 0.0006
    return (
        f.kind == m.kind and f.unit == m.unit and abs(f.value - m.value) <= 0.05 * max(f.value, 1)
    )


@dataclass(frozen=True)
class FigureCheck:
    """How the numbers of a claim stand to a record.

    `right`, `wrong` (the record prints another value for the same thing), `unknown`, and `misread`
    (the number is in the record but is something else: an interval limit, a share of people).
    """

    right: tuple[Magnitude, ...] = ()
    wrong: tuple[tuple[Magnitude, Figure], ...] = ()
    unknown: tuple[Magnitude, ...] = ()
    misread: tuple[tuple[Magnitude, Figure], ...] = ()


def check_figures(reading: Reading, facts: StudyFacts) -> FigureCheck:
    """Compare every number of a claim with the record of the study it speaks of."""
    right, unknown = [], []
    wrong: list[tuple[Magnitude, Figure]] = []
    misread: list[tuple[Magnitude, Figure]] = []
    for m in reading.magnitudes:
        if m.kind == "year" or m.unit in ("times", "year"):
            continue
        if m.kind == "size" and m.value <= 1:
            continue
        if (
            figure_for(m, facts.figures)
            or (m.kind == "size" and (int(m.value) in facts.sizes))
            or (m.kind == "dose" and any(same_dose(m, d) for d in facts.doses))
        ):
            right.append(m)
            continue
        other = misread_as(m, facts.figures)
        if other is not None:
            misread.append((m, other))
            continue
        rival = _rival(m, facts)
        if rival is not None:
            wrong.append((m, rival))
        else:
            unknown.append(m)
    return FigureCheck(tuple(right), tuple(wrong), tuple(unknown), tuple(misread))


def misread_as(m: Magnitude, figures: Iterable[Figure]) -> Figure | None:
    """Return what a number really is: both ends of an interval, or people instead of effect."""
    if m.kind not in ("effect", "share"):
        return None
    if m.high is not None:
        limits = [f for f in figures if f.kind == "limit"]
        low = next((f for f in limits if abs(f.value - m.value) < 0.05 * max(1.0, f.value)), None)
        high = next(
            (f for f in limits if abs(f.value - (m.high or 0)) < 0.05 * max(1.0, f.value)), None
        )
        if low and high:
            return low
    if m.unit == "percent":
        for f in figures:
            if m.kind != "effect":
                break  # a share of people is seldom a size of effect in disguise
            other = "share"
            if f.unit == "percent" and f.kind == other and abs(f.value - m.value) <= 1.0:
                return f
    return None


def _rival(m: Magnitude, facts: StudyFacts) -> Figure | None:
    """Return the value the record prints for the same thing, when it prints exactly one kind of it."""
    if m.kind == "size" and facts.sizes and m.value > max(facts.sizes):
        return Figure(max(facts.sizes), "size", "people", "people in the study")
    if m.unit.startswith("attacks/"):
        return next(
            (
                f
                for f in facts.figures
                if f.kind == "effect" and f.unit.replace("days/", "attacks/") == m.unit
            ),
            None,
        )
    if m.kind == "effect" and m.unit == "percent":
        printed = [f for f in facts.figures if f.kind == "effect" and f.unit == "percent"]
        top = max((f.value for f in printed), default=None)
        if top is not None and (m.high or m.value) > 1.25 * top + 3:
            return max(printed, key=lambda f: f.value)
    if m.kind == "duration" and facts.figures:
        times = [f for f in facts.figures if f.kind == "duration" and f.unit == "days"]
        top = max((f.value for f in times), default=None)
        if top is not None and top > 0 and (m.high or m.value) > 1.2 * top:
            return max(times, key=lambda f: f.value)
    if m.kind == "dose":
        doses = [d for d in facts.doses if d[1].split("/")[0].split(" ")[0] == m.unit]
        if doses and all(not same_dose(m, d) for d in doses):
            return Figure(doses[0][0], "dose", doses[0][1], "dose")
    return None
