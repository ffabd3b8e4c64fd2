"""``aponia exposure``: what the arms of studies gave, in the blood and as an approach.

It describes study arms and published regimens; it takes the id of one, never a dose:

- ``aponia exposure``: every arm with its probability of being a microdose, psycholytic or full dose,
  beside the label of its record; ``--differs`` keeps those that published bands place otherwise.
- ``aponia exposure schindler-2022-cluster-headache`` (or ``STUDY/ARM``): peak, area and occupancy with
  the band over people, what the placement rests on, and what is not known and why.
- ``aponia exposure psilocybin-holze2023-25mg-cmax``: the regimen of a row of the pharmacology tables.
- ``aponia exposure --checks``: predicted beside observed exposures of every model, fitted ones marked.

All of it with ``--json``. Ketamine has no classes of doses: its arms stand under their route.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from aponia.answers.exposure_arms import ArmExposure
    from aponia.answers.exposure_regimens import RegimenExposure
    from aponia.evidence import EvidenceBase

__all__ = ["exposure"]

_NOTE = (
    "Describes what studies gave; information about research, not medical advice. Probabilities say how "
    "far published dose bands agree."
)


def exposure(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="A study or trial, STUDY/ARM, or a row of the pharmacology tables. "
            "All arms when left out.",
        ),
    ] = None,
    checks: Annotated[
        bool, typer.Option("--checks", help="Predicted beside observed exposures of every model.")
    ] = False,
    differs: Annotated[
        bool,
        typer.Option("--differs", help="Only arms that bands place otherwise than their record."),
    ] = False,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", envvar="APONIA_EVIDENCE", help="Another evidence base."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Exposure and approach (microdose, psycholytic, full) of study arms and published regimens."""
    from aponia import evidence as base_package

    base = base_package.load(evidence)
    if checks:
        _show_checks(base, as_json)
        return
    tables = ("pk_parameters", "dose_bands", "dose_equivalence")
    if name is not None and any(row.id == name for t in tables for row in getattr(base, t)):
        from aponia.answers.exposure_regimens import regimen_exposure

        found = regimen_exposure(base, name)
        if as_json:
            _dump({"regimen": found.to_dict(), "note": _NOTE})
        else:
            _show_regimen(found)
        return
    arms = _arms(base, name)
    if differs:
        from aponia.answers.exposure_arms import disagreements

        arms = disagreements(arms)
    if as_json:
        _dump({"arms": [a.to_dict() for a in arms], "note": _NOTE})
    elif name is None or differs:
        _show_table(arms)
    else:
        for arm in arms:
            _show_arm(arm)
        typer.echo(_NOTE)


def _dump(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def _arms(base: EvidenceBase, name: str | None) -> tuple[ArmExposure, ...]:
    from aponia.answers.exposure_arms import place_arms

    if name is None:
        return place_arms(base)
    record, _, arm = name.partition("/")
    if record not in base.studies and record not in base.trials:
        raise ValueError(
            f"no study, trial or pharmacology row {record!r}; this command takes the id of one, not a "
            "dose"
        )
    arms = place_arms(base, record)
    if arm:
        arms = tuple(a for a in arms if a.arm == arm)
        if not arms:
            raise ValueError(f"{record} has no arm {arm!r} that gave a studied substance")
    if not arms:
        raise ValueError(f"{record} has no arm that gave a studied substance")
    return arms


def _shares(arm: ArmExposure) -> str:
    probabilities = arm.placement.probabilities if arm.placement else None
    if probabilities is None:
        return "not known"
    return "  ".join(f"{name} {value:.0%}" for name, value in probabilities.items())


def _peak(arm: ArmExposure) -> str:
    return arm.peak_why if arm.peak is None else _range(arm.peak, arm.unit)


def _range(value: tuple[float, float | None, float | None], unit: str) -> str:
    median, low, high = value
    if low is None or high is None:
        return f"{median:.3g} {unit} (typical person; spread between people not known)"
    return f"{median:.3g} {unit} (90 % of people {low:.3g} to {high:.3g})"


def _show_arm(arm: ArmExposure) -> None:
    typer.echo(f"{arm.record}/{arm.arm}")
    rows = [
        ("the study gave", f"{arm.dose} {arm.substance} {arm.route}".strip()),
        ("record's label", arm.label + (" (another arm gave more)" if arm.lesser else "")),
        ("approach", f"{_shares(arm)}  [{arm.verdict}]"),
    ]
    if arm.word:
        rows.insert(1, ("authors' word", arm.word))
    if arm.placement is not None:
        rows.append(
            ("rests on", f"{arm.placement.why} ({', '.join(arm.placement.rows) or 'none'})")
        )
        rows += [
            (
                str(dose),
                "  ".join(f"{k} {v:.0%}" for k, v in (one.probabilities or {}).items())
                or "not known",
            )
            for dose, one in arm.by_dose
        ]
    rows.append(("peak in plasma", _peak(arm)))
    if arm.area is not None:
        rows.append(("area", _range(arm.area, f"{arm.unit} x h")))
    if arm.occupancy is not None:
        o = arm.occupancy
        rows.append(
            (
                "5-HT2A occupancy",
                o.why
                if o.median is None
                else f"{o.status}: {o.median:.0f} % (90 % from {o.low:.0f} to {o.high:.0f}); {o.why}",
            )
        )
    if arm.peak is not None:
        rows.append(("mind", arm.peak_why))
    if arm.why:
        rows.append(("note", arm.why))
    for label, text in rows:
        typer.echo(f"  {label:<16} {text}")


def _show_table(arms: tuple[ArmExposure, ...]) -> None:
    from collections import Counter

    typer.echo(f"{'arm':<62} {'dose':<22} {'label':<12} micro psych  full  verdict")
    for arm in arms:
        probabilities = arm.placement.probabilities if arm.placement else None
        if probabilities is None:
            shares = "    -     -     -"
        else:
            shares = " ".join(f"{value:5.2f}" for value in probabilities.values())
        lesser = (
            " (another arm gave more)"
            if arm.lesser and arm.verdict in ("differs", "divided")
            else ""
        )
        typer.echo(
            f"{arm.record + '/' + arm.arm:<62.62} {arm.dose:<22.22} {arm.label:<12} {shares}  "
            f"{arm.verdict}{lesser}"
        )
    counts = Counter(a.verdict for a in arms)
    typer.echo("  ".join(f"{name}: {count}" for name, count in counts.most_common()))
    groups = Counter(a.group for a in arms if a.verdict == "not placed")
    if groups:
        why = ", ".join(f"{name} {count}" for name, count in groups.most_common())
        typer.echo(f"not placed: {why}")
    typer.echo(_NOTE)


def _show_regimen(found: RegimenExposure) -> None:
    typer.echo(f"{found.table}/{found.row}: {found.words}")
    for label, text in found.lines:
        typer.echo(f"  {label:<16} {text}")
    typer.echo(_NOTE)


def _show_checks(base: EvidenceBase, as_json: bool) -> None:
    from aponia.answers.exposure_data import pharmacology

    data = pharmacology(base)
    found = data.checks()
    if as_json:
        from dataclasses import asdict

        from aponia.exposure import score

        _dump(
            {
                "checks": [asdict(c) | {"ratio": c.ratio, "within": c.within} for c in found],
                "models": [
                    {
                        "substance": m.substance, "route": m.route, "unit": m.unit,
                        "parameters": [asdict(p) for p in m.parameters.values()],
                        "spread": [list(s) for s in m.spread_fit], "caveats": list(m.caveats),
                    }
                    for m in data.models.values()
                ],
                "score": asdict(score(found)),
                "no_model": [
                    {"substance": s, "route": r, "why": w} for (s, r), w in data.no_model.items()
                ],
            }
        )  # fmt: skip
        return
    for model in data.models.values():
        typer.echo(f"{model.substance} {model.route}")
        for p in model.parameters.values():
            spread = "not known" if p.log_sd is None else f"{p.log_sd:.2f}"
            typer.echo(
                f"  {p.name:<7} {p.value:.4g} {p.unit} ({p.how}; log-SD between {model.spread_of} "
                f"{spread})"
            )
        for c in model.check():
            seen = f"{c.observed:.4g}" if c.observed is not None else f"{c.low:.3g}-{c.high:.3g}"
            ratio = f"{c.ratio:.2f}" if c.ratio is not None else "range"
            role = "used " if c.fitted else "check"
            typer.echo(
                f"  {role} {c.row:<42} {c.quantity:<9} observed {seen:<10} predicted "
                f"{c.predicted:<8.4g} {ratio:<5} {'' if c.within else 'off'} {c.note}".rstrip()
            )
        for caveat in model.caveats:
            typer.echo(f"  - {caveat}")
    from aponia.exposure import score

    got = score(found)
    typer.echo(
        f"{got.within} of {got.checks} figures no model was fitted to within 1.25-fold or in range; "
        f"where papers contradict each other none can: no model in proportion to dose meets more than "
        f"{got.possible}."
    )
    for (substance, route), why in data.no_model.items():
        typer.echo(f"no model: {substance} {route}: {why}")
