"""RevMan exports: the CSV of RevMan 5 and the data rows of a Cochrane data package (RevMan Web)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from aponia.meta.errors import InputError, MethodError
from aponia.meta.tables._effects import TableEffects
from aponia.meta.tables._plain import compute
from aponia.meta.tables._table import Table, TableError

__all__ = ["revman_effects"]

_FIVE = {
    "comparison": "Comparison Number",
    "outcome": "Outcome Number",
    "subgroup": "Subgroup Number",
    "study": "Name",
    "events1": "Events 1",
    "total1": "Total 1",
    "events2": "Events 2",
    "total2": "Total 2",
    "mean1": "Mean 1",
    "sd1": "SD 1",
    "mean2": "Mean 2",
    "sd2": "SD 2",
    "estimate": "Effect Estimate",
    "se": "SE",
}
_WEB = {
    "comparison": "Analysis group",
    "outcome": "Analysis number",
    "subgroup": "Subgroup",
    "study": "Study",
    "events1": "Experimental cases",
    "total1": "Experimental N",
    "events2": "Control cases",
    "total2": "Control N",
    "mean1": "Experimental mean",
    "sd1": "Experimental SD",
    "mean2": "Control mean",
    "sd2": "Control SD",
    "estimate": "GIV Mean",
    "se": "GIV SE",
}
#: RevMan's names of effect measures.
_MEASURES = {
    "OR": "OR",
    "PETO_OR": "PETO",
    "PETO OR": "PETO",
    "RR": "RR",
    "RD": "RD",
    "MD": "MD",
    "SMD": "SMD",
    "ODDS RATIO": "OR",
    "PETO ODDS RATIO": "PETO",
    "RISK RATIO": "RR",
    "RISK DIFFERENCE": "RD",
    "MEAN DIFFERENCE": "MD",
    "STD. MEAN DIFFERENCE": "SMD",
}
_BINARY = ("OR", "PETO", "RR", "RD", "AS")
_MEANS = ("MD", "SMD", "SMDH", "ROM")
_COUNTS = ("events1", "total1", "events2", "total2")
_MOMENTS = ("mean1", "sd1", "total1", "mean2", "sd2", "total2")


@dataclass(slots=True)
class _Analysis:
    number: str
    name: str
    kind: str = ""
    measure: str = ""
    method: str = ""
    rows: list[int] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)


def revman_effects(
    table: Table, *, analysis: str | None = None, measure: str | None = None
) -> TableEffects:
    """Take the effects of one analysis from a RevMan export.

    Parameters
    ----------
    table : Table
        "Data and analyses" of RevMan 5 as CSV, or the data rows of a data package of RevMan Web.
    analysis : str, optional
        Comparison and outcome, such as ``"1.2"``; not needed when the file holds one.
    measure : str, optional
        ``OR RR RD PETO AS`` for dichotomous, ``MD SMD SMDH ROM`` for continuous outcomes; by default
        the one that the file states. ``GIV`` takes estimates and standard errors.

    Returns
    -------
    TableEffects
        Computed from the raw numbers of each study.

    Raises
    ------
    TableError
        Not a RevMan export, no such analysis, or no study in it.
    InputError
        Several analyses and none chosen, or no measure stated.
    MethodError
        A measure that does not go with the data.
    """
    five = table.has("Comparison Number", "Outcome Number", "Name")
    web = table.has("Analysis group", "Analysis number", "Study")
    if not (five or web):
        raise TableError(
            f"{table.path}: neither a RevMan 5 export (columns 'Comparison Number', 'Outcome "
            "Number', 'Name') nor data rows of RevMan Web ('Analysis group', 'Analysis number', "
            f"'Study'); the columns are {', '.join(table.columns)}"
        )
    names = _FIVE if five else _WEB
    found = _analyses_five(table) if five else _analyses_web(table)
    chosen = _choose(table, found, analysis)
    part = table.take(chosen.rows)
    code = _measure(table, chosen, measure, part, names)
    source = "RevMan 5 export" if five else "data rows of RevMan Web"
    title = f"{chosen.number} {chosen.name}".strip()
    notes = [f"{source}, analysis {title!r}"]
    if chosen.method:
        notes.append(
            f"the review pooled it by {chosen.method}; the model here is the one you chose"
        )
    studies = part.texts(names["study"])
    if code == "GIV":
        y = np.array(part.numbers(names["estimate"]))
        v = np.square(part.numbers(names["se"]))
        label, transform = "Estimate", None
        raw: dict[str, list[str]] = {}
        notes.append(f"effects from {names['estimate']!r}, standard errors from {names['se']!r}")
    else:
        arguments = _COUNTS if code in _BINARY else _MOMENTS
        columns = {a: names[a] for a in arguments}
        values = {a: np.array(part.numbers(column)) for a, column in columns.items()}
        if code in _MEANS:
            values["n1"], values["n2"] = values.pop("total1"), values.pop("total2")
        y, v, label, transform, warned = compute(code, values, studies)
        notes += [f"{label} ({code}) computed from {', '.join(columns.values())}", *warned]
        raw = _raw(part, names, code)
    if len(set(chosen.groups.values())) > 1:
        notes.append(f"it has subgroups; --subgroup {names['subgroup']!r} shows them")
    return TableEffects(y, v, studies, studies, label, transform, part, raw, tuple(notes))


def _analyses_five(table: Table) -> dict[str, _Analysis]:
    comparison, outcome = (table.texts(_FIVE[name]) for name in ("comparison", "outcome"))
    blank = [""] * len(table)
    subgroup = table.columns.get(_FIVE["subgroup"], blank)
    names = table.texts(_FIVE["study"])
    kinds = table.columns.get("Data Type", blank)
    # Only outcomes and subgroups carry degrees of freedom (or a Q) of their own.
    total = table.columns.get("df", table.columns.get("Q", blank))
    out: dict[str, _Analysis] = {}
    for i in range(len(table)):
        if outcome[i] in ("", "0"):
            continue
        number = f"{comparison[i]}.{outcome[i]}"
        if number not in out:
            out[number] = _Analysis(
                number,
                names[i],
                kinds[i],
                table.columns.get("Effect Measure", blank)[i],
                " ".join(
                    table.columns.get(c, blank)[i] for c in ("Statistical Method", "Analysis Model")
                ).strip(),
            )
            continue
        one = out[number]
        if total[i] not in ("", "NA"):
            one.groups[subgroup[i]] = names[i]
            continue
        one.rows.append(i)
    return out


def _analyses_web(table: Table) -> dict[str, _Analysis]:
    out: dict[str, _Analysis] = {}
    blank = [""] * len(table)
    titles = table.columns.get("Analysis name", blank)
    groups = table.columns.get("Subgroup", blank)
    pairs = zip(table.texts("Analysis group"), table.texts("Analysis number"), strict=True)
    for i, (group, number) in enumerate(pairs):
        key = f"{group}.{number}"
        one = out.setdefault(key, _Analysis(key, titles[i]))
        one.rows.append(i)
        one.groups[groups[i]] = groups[i]
    return out


def _choose(table: Table, found: dict[str, _Analysis], analysis: str | None) -> _Analysis:
    listed = "; ".join(f"{one.number} {one.name}".strip() for one in found.values())
    if not found:
        raise TableError(f"{table.path}: no analysis in the file")
    if analysis is None:
        if len(found) > 1:
            raise InputError(
                f"{table.path}: the file holds {len(found)} analyses; choose one with --analysis: "
                f"{listed}"
            )
        chosen = next(iter(found.values()))
    elif analysis in found:
        chosen = found[analysis]
    else:
        raise TableError(f"{table.path}: no analysis {analysis!r}; there are {listed}")
    if not chosen.rows:
        raise TableError(f"{table.path}: analysis {chosen.number} has no studies")
    return chosen


def _measure(
    table: Table, chosen: _Analysis, measure: str | None, part: Table, names: dict[str, str]
) -> str:
    stated = _MEASURES.get(chosen.measure.strip().upper(), "")
    if measure is not None:
        code = measure.upper()
        if code not in (*_BINARY, *_MEANS, "GIV"):
            raise MethodError(
                f"measure {measure!r} does not go with a RevMan export; use one of "
                f"{', '.join((*_BINARY, *_MEANS, 'GIV'))}"
            )
        binary, continuous = chosen.kind in ("DIC", "DICH"), chosen.kind in ("CON", "CONT")
        if (binary and code in _MEANS) or (continuous and code in _BINARY):
            raise MethodError(
                f"analysis {chosen.number} is {'dichotomous' if binary else 'continuous'}: measure "
                f"{code} does not go with it"
            )
        return code
    if stated:
        return stated
    if table.has(names["estimate"]) and not chosen.kind:
        estimates = part.numbers(names["estimate"])
        if names is _WEB and any(value == value for value in estimates):
            return "GIV"
    raise InputError(
        f"{table.path}: the effect measure of analysis {chosen.number} is not stated in the file "
        f"({chosen.measure or 'empty'}); say it with --measure (OR, RR, RD, MD, SMD, GIV)"
    )


def _raw(part: Table, names: dict[str, str], code: str) -> dict[str, list[str]]:
    if code in _BINARY:
        return {
            f"Group {arm}": [
                f"{e}/{n}"
                for e, n in zip(
                    part.texts(names[f"events{arm}"]), part.texts(names[f"total{arm}"]), strict=True
                )
            ]
            for arm in (1, 2)
        }
    return {
        f"Group {arm}": [
            f"{m} ({s}), {n}"
            for m, s, n in zip(
                *(part.texts(names[f"{what}{arm}"]) for what in ("mean", "sd", "total")),
                strict=True,
            )
        ]
        for arm in (1, 2)
    }
