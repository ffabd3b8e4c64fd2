"""Every number a record prints or allows, with its kind and unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aponia.claims.numbers import magnitudes
from aponia.evidence import Study, Trial

__all__ = ["Figure", "doses_given", "printed_figures", "printed_sizes"]


@dataclass(frozen=True)
class Figure:
    """A number a record prints or allows, with its kind (as in `Magnitude`) and unit."""

    value: float
    kind: str
    unit: str
    what: str


def printed_sizes(study: Study) -> Iterator[int]:
    """Yield every number of people a study prints."""
    p = study.population
    for n in (p.n_randomized, p.n_analysed):
        if n:
            yield n
    for arm in study.arms:
        if arm.n:
            yield arm.n
    for o in study.outcomes:
        for r in o.results:
            for n in (r.n, r.total):
                if n:
                    yield n
    for d in study.disagreements:
        if "population" in d.field or d.field.endswith(".n"):
            for v in d.values:
                if isinstance(v.value, int | float):
                    yield int(v.value)
    for m in magnitudes(p.description):
        if m.kind == "size":
            yield int(m.value)


def printed_figures(study: Study) -> Iterator[Figure]:
    """Yield every number of the results, also those that follow from two printed ones."""
    for o in study.outcomes:
        what = o.name
        unit = o.unit or ""
        if o.timepoint_days:
            yield Figure(o.timepoint_days, "duration", "days", what)
        for m in magnitudes(f"{o.name}. {o.timepoint or ''}"):
            yield Figure(m.value, m.kind, m.unit, what)
            if m.high is not None:
                yield Figure(m.high, m.kind, m.unit, what)
        for r in o.results:
            if r.events is not None:
                yield Figure(r.events, "size", "people", what)
                if r.total:
                    yield Figure(100 * r.events / r.total, "share", "percent", what)
                    yield Figure(r.total, "size", "people", what)
            if r.percent is not None:
                yield Figure(r.percent, "share", "percent", what)
            percent = "%" in unit
            for change in (r.change_mean, r.change_median):
                if change is not None:
                    yield Figure(abs(change), "effect", "percent" if percent else unit, what)
                    if r.baseline_mean and not percent:
                        yield Figure(abs(100 * change / r.baseline_mean), "effect", "percent", what)
            if r.baseline_mean is not None and r.mean is not None:
                yield Figure(abs(r.mean - r.baseline_mean), "effect", unit, what)
                if r.baseline_mean:
                    fall = 100 * (r.baseline_mean - r.mean) / r.baseline_mean
                    yield Figure(abs(fall), "effect", "percent", what)
            # "80 % relief" is a change although it is printed as a level
            sort = "effect" if re.search(r"% ?(?:relief|reduction|change|fall)", unit) else "level"
            for level in (r.mean, r.baseline_mean, r.median):
                if level is not None:
                    yield Figure(level, sort, "percent" if percent else unit, what)
            for interval in (r.change_ci95, r.mean_ci95, r.baseline_ci95):
                for limit in interval or ():
                    yield Figure(abs(limit), "limit", "percent" if percent else unit, what)
            for m in magnitudes(r.change_text or ""):
                yield Figure(m.value, "effect" if m.unit == "percent" else m.kind, m.unit, what)
                if m.high is not None:
                    yield Figure(m.high, "effect" if m.unit == "percent" else m.kind, m.unit, what)
        if len(o.results) == 2:
            a, b = o.results
            if a.change_mean is not None and b.change_mean is not None:
                yield Figure(abs(a.change_mean - b.change_mean), "effect", unit, what)
        c = o.contrast
        if c is not None:
            if c.value is not None:
                yield Figure(abs(c.value), "effect", c.measure or "", what)
            for limit in c.ci95 or ():
                yield Figure(abs(limit), "limit", c.measure or "", what)
            if c.p is not None:
                yield Figure(c.p.value, "p", "p", what)
    words = [
        *study.findings,
        *study.limits,
        study.adverse_events.note or "",
        study.population.description,
    ]
    words += [a.schedule or "" for a in study.arms] + [a.dose_text or "" for a in study.arms]
    for sentence in words:
        for m in magnitudes(sentence):
            kind = m.kind
            yield Figure(m.value, kind, m.unit, sentence)
            if m.high is not None and m.unit != "of":
                yield Figure(m.high, kind, m.unit, sentence)
            elif m.high and m.unit == "of":
                yield Figure(100 * m.value / m.high, "share", "percent", sentence)
                yield Figure(m.high, "size", "people", sentence)
                yield Figure(m.value, "size", "people", sentence)


def doses_given(record: Study | Trial) -> Iterator[tuple[float, str]]:
    """Yield the doses of the arms of a study or trial, without those of its comparison group."""
    mine = set(record.substances) | ({"psilocin"} if "psilocybin" in record.substances else set())
    for arm in record.arms:
        if arm.substance is not None and arm.substance not in mine:
            continue  # what the comparison group got is not a dose of the drug
        if arm.dose is not None and arm.dose_unit:
            yield arm.dose, arm.dose_unit
        for limit in arm.dose_range or ():
            yield limit, arm.dose_unit or ""
        for m in magnitudes(f"{arm.dose_text or ''} {arm.schedule or ''}"):
            if m.kind == "dose":
                yield m.value, m.unit
