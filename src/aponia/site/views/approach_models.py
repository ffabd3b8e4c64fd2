"""Two pages behind the approach pages: every arm with its placement, and the models with their checks."""

from __future__ import annotations

from collections import Counter

from aponia.answers.exposure_arms import ArmExposure
from aponia.answers.exposure_data import pharmacology
from aponia.answers.exposure_slices import placed_arms
from aponia.answers.rows import number
from aponia.exposure import Check, ExposureModel, score
from aponia.site.charts import Link, Row, Table
from aponia.site.charts.range_dots import DotRow, RangeDots, dots_figure
from aponia.site.dates import written_date
from aponia.site.render import Page
from aponia.site.views.approach_data import arm_name, shares
from aponia.site.views.common import World

__all__ = ["arms_page", "models_page"]

_QUANTITY = {
    "cmax": ("peak", "ng/mL"), "tmax": ("time of the peak", "h"), "half_life": ("half-life", "h"),
    "auc": ("area", "ng·h/mL"), "auc_24": ("area to 24 h", "ng·h/mL"), "clearance": ("clearance", "L/h"),
    "volume": ("volume", "L"),
}  # fmt: skip
_PARAMETER = {"ke": "elimination rate", "volume": "volume (over the share absorbed)",
              "ka": "absorption rate", "lag": "lag"}  # fmt: skip
_ROUTE = {"oral": "by mouth", "intravenous": "into a vein", "intranasal": "as a nasal spray"}
_GROUPS = {
    "": "placed by published bands",
    "by route": "ketamine: stands under its route",
    "no dose": "not placed: the record gives no dose",
    "animals": "not placed: animals",
    "summary": "not placed: pools other studies",
    "no bands": "not placed: no source names classes for the drug",
}


def arms_page(world: World) -> Page:
    """Return the table of every arm, placed or not, with the reason."""
    arms = placed_arms(world.base)
    count: Counter[str] = Counter(a.group for a in arms)
    rows: list[Row] = []
    for group, words in _GROUPS.items():
        if not count[group]:
            continue
        rows.append(Row((f"{words} ({count[group]})",), "group"))
        rows += [_arm_row(world, a) for a in arms if a.group == group]
    table = Table(
        f"All {len(arms)} arms that gave a studied drug",
        (
            "Study or trial",
            "It gave",
            "Authors’ word",
            "Filed as",
            "By published bands, or why not",
        ),
        rows,
    )
    return Page(
        "approaches/arms.html",
        "approach_arms.html",
        "Every arm and its approach",
        "Each arm of a study or trial with its dose, its label and what published bands call it.",
        "approaches",
        {
            "table": table,
            "counts": [{"n": count[g], "words": w} for g, w in _GROUPS.items() if count[g]],
        },
        patient=True,
    )


def _arm_row(world: World, arm: ArmExposure) -> Row:
    name, href = arm_name(world, arm)
    placed = arm.placement is not None and arm.placement.probabilities
    return Row(
        (
            Link(name, href),
            f"{arm.dose} {world.label('substances', arm.substance)}",
            f"“{arm.word}”" if arm.word else "–",
            world.label("approaches", arm.label),
            f"{shares(arm.placement)}: {arm.verdict}" if placed else arm.why or "–",
        )
    )


def models_page(world: World) -> Page:
    """Return the page of the models: predicted and observed, parameters, sources, what is not known."""
    data = pharmacology(world.base)
    checks = data.checks()
    got = score(checks)
    urls = {r.id: r.source_url for r in world.base.pk_parameters}
    seen: set[str] = set()
    dots = []
    for c in checks:
        if c.fitted or c.ratio is None or c.row in seen:
            continue
        seen.add(c.row)
        dots.append(_dot(world, c, urls))
    chart = RangeDots(
        f"{got.within} of {got.checks} figures no model was fitted to are met within 1.25-fold",
        f"predicted over observed; a diamond lies outside 1.25-fold. Papers contradict each other: no model in "
        f"proportion to dose could meet more than {got.possible}",
        dots, "predicted over observed, logarithmic", log=True, zone=(0.8, 1.25),
        zone_label="Within 1.25-fold", line=1.0, line_label="prediction equals observation",
        headers=("Checked figure", "Ratio", "Observed", "Predicted", "Why they need not agree"),
    )  # fmt: skip
    return Page(
        "approaches/models.html",
        "approach_models.html",
        "How exposure is worked out",
        "The models behind the approach pages, checked against published figures they were not fitted to.",
        "approaches",
        {
            "chart": dots_figure(chart),
            "dated": f"Data of {written_date(world.released)}" if world.released else "",
            "score": got,
            "half_lives": _half_lives(checks),
            "checks": _check_table(world, checks, urls),
            "models": [_model(world, m, urls) for m in data.models.values()],
            "no_model": [
                {"what": f"{world.label('substances', s)} {_ROUTE.get(r, r)}", "why": why}
                for (s, r), why in data.no_model.items()
            ],
            "relation": data.relations.get("psilocybin"),
            "no_relation": [
                {"what": world.label("substances", s), "why": why}
                for s, why in data.no_relation.items()
            ],
            "occupancy": _occupancy(world),
            "bands": _bands(world),
        },
        patient=True,
    )


def _half_lives(checks: tuple[Check, ...]) -> tuple[str, str] | None:
    """Shortest and longest half-life that papers print for psilocin."""
    seen = [c.observed for c in checks
            if c.substance == "psilocybin" and c.quantity == "half_life" and c.observed]  # fmt: skip
    return (f"{min(seen):g}", f"{max(seen):g}") if seen else None


def _title(world: World, c: Check | ExposureModel) -> str:
    return f"{world.label('substances', c.substance)} {_ROUTE.get(c.route, c.route)}"


def _given(world: World, c: Check) -> str:
    if c.dose_mg is None:
        return ""
    if c.substance == "lsd":
        return f" after {c.dose_mg * 1000:g} µg"
    return f" after {c.dose_mg:g} mg"


def _dot(world: World, c: Check, urls: dict[str, str]) -> DotRow:
    name, unit = _QUANTITY[c.quantity]
    assert c.ratio is not None
    return DotRow(
        f"{name}{_given(world, c)}", c.ratio, None, f"{c.ratio:.2f}", _paper(c.row), _title(world, c),
        off=not c.within, href=urls.get(c.row, ""),
        cells=(f"{c.observed:.3g} {unit}", f"{c.predicted:.3g} {unit}", c.note or "–"),
    )  # fmt: skip


def _paper(row: str) -> str:
    """Name of the paper inside a row id: ``lsd-dolder2015-200ug-cmax`` gives ``dolder2015``."""
    parts = row.split("-")
    return parts[1] if len(parts) > 1 else row


def _check_table(world: World, checks: tuple[Check, ...], urls: dict[str, str]) -> Table:
    rows: list[Row] = []
    title = ""
    for c in checks:
        if _title(world, c) != title:
            title = _title(world, c)
            rows.append(Row((title,), "group"))
        name, unit = _QUANTITY[c.quantity]
        seen = f"{c.observed:.3g}" if c.observed is not None else f"{c.low:.3g} to {c.high:.3g}"
        ratio = f"{c.ratio:.2f}" if c.ratio is not None else ("in range" if c.within else "outside")
        rows.append(
            Row(
                (
                    Link(c.row, urls.get(c.row, "")),
                    f"{name}{_given(world, c)}",
                    "fitted" if c.fitted else "check",
                    f"{seen} {unit}",
                    f"{c.predicted:.3g} {unit}",
                    ratio + ("" if c.within else ", off"),
                )
            )
        )
    return Table(
        "Predicted and observed exposures of every model",
        ("Row of the base", "Figure", "Role", "Observed", "Predicted", "Ratio"),
        rows,
        note="“fitted”: the model was made to meet it; “check”: it was not. A review may hold the fitted study.",
    )


def _model(world: World, model: ExposureModel, urls: dict[str, str]) -> dict[str, object]:
    rows = []
    for p in model.parameters.values():
        between = "not known" if p.log_sd is None else f"{p.log_sd:.2f} between {model.spread_of}"
        rows.append(
            Row((_PARAMETER.get(p.name, p.name), f"{p.value:.3g} {p.unit}", p.how, between,
                 ", ".join(dict.fromkeys((*p.rows, *p.log_sd_rows)))))
        )  # fmt: skip
    return {
        "id": f"{model.substance}-{model.route}",
        "name": _title(world, model),
        "caveats": model.caveats,
        "rows": [
            {"text": r, "href": urls[r]}
            for r in dict.fromkeys(
                r for p in model.parameters.values() for r in (*p.rows, *p.log_sd_rows)
            )
        ],
        "table": Table(
            f"{_title(world, model)}: parameters",
            ("Parameter", "Typical person", "Kind", "Log-SD", "Rows it rests on"),
            rows,
        ),
    }


def _occupancy(world: World) -> Table:
    rows = [
        Row(
            (
                world.label("substances", o.substance),
                _range(o.dose_low or o.dose, o.dose_high or o.dose, o.dose_unit),
                o.quantity,
                f"{number(o.value)} {o.unit}"
                if o.value is not None
                else o.value_text or "not known",
                o.note or "–",
                Link(o.id, o.source_url),
            )
        )
        for o in world.base.receptor_occupancy
    ]
    return Table(
        "How much of the 5-HT2A receptor was occupied: every row of the base",
        ("Drug", "The study gave", "What was measured", "Value", "Note", "Row"),
        rows,
    )


def _bands(world: World) -> Table:
    rows = [
        Row(
            (
                world.label("substances", b.substance) + (f" ({b.form})" if b.form else ""),
                b.band,
                _range(b.low, b.high, b.unit),
                b.route,
                b.kind,
                b.statement,
                Link(b.id, b.source_url),
            )
        )
        for b in world.base.dose_bands
    ]
    return Table(
        "Dose bands as publications state them",
        ("Drug", "Band", "Band as published", "Route", "Kind of source", "Statement", "Row"),
        rows,
        note="What papers call a dose, not what anybody should take. Papers disagree.",
    )


def _range(low: float | None, high: float | None, unit: str | None) -> str | None:
    if low is None and high is None:
        return None
    if low is None:
        text = f"up to {number(high)}"
    elif high is None:
        text = f"{number(low)} or more"
    else:
        text = number(low) if low == high else f"{number(low)}–{number(high)}"
    return f"{text} {(unit or '').replace('ug', 'µg')}".strip()
