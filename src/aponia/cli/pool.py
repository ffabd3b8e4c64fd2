"""``aponia pool``: a meta-analysis of the user's own table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from aponia.meta import PoolResult
    from aponia.meta.tables import Table, TableEffects

__all__ = ["pool"]

_Text = str | None
_MISSING = frozenset({"", "NA", "N/A", "#N/A"})


def pool(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file with a header line.")],
    format_: Annotated[str, typer.Option("--format", help="plain, metapsy or revman.")] = "plain",
    y: Annotated[_Text, typer.Option("--y", help="Column of the effects [y, yi].")] = None,
    v: Annotated[_Text, typer.Option("--v", help="Column of the variances [v, vi].")] = None,
    se: Annotated[
        _Text, typer.Option("--se", help="Column of the standard errors [se, sei].")
    ] = None,
    measure: Annotated[
        _Text,
        typer.Option(
            "--measure", help="SMD, OR, RR, MD …: compute effects from raw columns (mean1, m1i …)."
        ),
    ] = None,
    labels: Annotated[_Text, typer.Option("--labels", help="Column of the study names.")] = None,
    analysis: Annotated[
        _Text, typer.Option("--analysis", help="Which analysis of a RevMan export, such as 1.2.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="COLUMN=VALUE", help="Keep these rows only; repeatable."),
    ] = None,
    multiple: Annotated[
        str,
        typer.Option(
            "--multiple",
            help="Several effects of one study: all, aggregate, first, precise or error.",
        ),
    ] = "all",
    rho: Annotated[
        float, typer.Option("--rho", help="Correlation within a study, for --multiple aggregate.")
    ] = 0.5,
    moderators: Annotated[
        _Text, typer.Option("--moderators", help="A column, several (a,b), or a formula (~ a + b).")
    ] = None,
    subgroup: Annotated[
        _Text, typer.Option("--subgroup", help="Column of subgroups: each is pooled too.")
    ] = None,
    method: Annotated[str, typer.Option("--method", help="FE, DL, REML …")] = "REML",
    test: Annotated[str, typer.Option("--test", help="z, t, knha or adhoc.")] = "z",
    level: Annotated[float, typer.Option("--level", help="Confidence level.")] = 0.95,
    delimiter: Annotated[
        _Text, typer.Option("--delimiter", help="Comma, semicolon or tab [from the header line].")
    ] = None,
    decimal: Annotated[
        str, typer.Option("--decimal", help="'.', ',' or auto: told by the cells.")
    ] = "auto",
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw a forest plot to FILE.svg, .png or .pdf.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Pool effects from a table; says which columns it used."""
    import json

    from aponia.meta.tables import read_table, resolve_multiple

    if plot is not None and plot.suffix not in (".svg", ".png", ".pdf"):
        raise typer.BadParameter(f"{plot}: expected a name ending in .svg, .png or .pdf")
    if format_ not in ("plain", "metapsy", "revman"):
        raise typer.BadParameter(f"--format {format_}: expected plain, metapsy or revman")
    if analysis is not None and format_ != "revman":
        raise typer.BadParameter("--analysis goes with --format revman")
    if format_ != "plain" and any(option is not None for option in (y, v, se, labels)):
        raise typer.BadParameter(f"--y, --v, --se and --labels do not go with --format {format_}")
    sign = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}.get(
        delimiter or "", delimiter
    )
    table = read_table(file, delimiter=sign, decimal=decimal)
    rows = len(table)
    if where:
        table = table.where(where)
    effects = _effects(table, format_, measure, y, v, se, labels, analysis)
    effects = resolve_multiple(effects, multiple, rho=rho)
    result, notes = _fit(effects, moderators, method, test, level)
    notes = [
        f"{file}: {rows} rows, {table.delimiter_name}-separated"
        + (f"; kept {len(table)} with {' and '.join(where)}" if where else ""),
        *effects.notes,
        *dict.fromkeys(table.said),
        *notes,
    ]
    groups: list[str | None] | None = None
    if subgroup is not None:
        groups = [None if c in _MISSING else c for c in effects.table.texts(subgroup)]
    pooled = None if groups is None else _subgroups(result, groups)
    if plot is not None:
        result.forest(
            measure=effects.shown,
            transform=effects.transform,
            subgroups=groups,
            raw=effects.raw,
        ).save(str(plot))
        notes.append(f"forest plot written to {plot}")
    if as_json:
        out = result.to_dict() | {"used": notes, "labels": list(result.labels)}
        if pooled is not None:
            out["subgroups"] = {name: one.to_dict() for name, one in pooled.items()}
        typer.echo(json.dumps(out, ensure_ascii=False, indent=2))
        return
    for note in notes:
        typer.echo(f"- {note}")
    typer.echo("")
    typer.echo(result.summary())
    if pooled is not None:
        for name, one in pooled.items():
            typer.echo(f"\nSubgroup {name}\n{one.summary()}")


def _effects(
    table: Table,
    format_: str,
    measure: _Text,
    y: _Text,
    v: _Text,
    se: _Text,
    labels: _Text,
    analysis: _Text,
) -> TableEffects:
    from aponia.meta import tables

    if format_ == "metapsy":
        return tables.metapsy_effects(table, measure=measure)
    if format_ == "revman":
        return tables.revman_effects(table, analysis=analysis, measure=measure)
    if measure is None:
        return tables.plain_effects(table, y=y, v=v, se=se, labels=labels)
    if any(option is not None for option in (y, v, se)):
        raise typer.BadParameter("--measure computes the effects: leave out --y, --v and --se")
    return tables.measure_effects(table, measure, labels=labels)


def _fit(
    effects: TableEffects, moderators: _Text, method: str, test: str, level: float
) -> tuple[PoolResult, list[str]]:
    import warnings

    from aponia import meta

    how: dict[str, Any] = {}
    if moderators is not None:
        how = {"moderators": _moderators(moderators), "data": _columns(effects.table)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", meta.MetaWarning)
        result = meta.pool(
            effects.y,
            effects.v,
            labels=effects.labels,
            method=method,
            test=test,
            level=level,
            **how,
        )
    notes = [str(w.message) for w in caught if issubclass(w.category, meta.MetaWarning)]
    if result.n_dropped:
        dropped = [name for name, kept in zip(effects.labels, result.kept, strict=True) if not kept]
        notes.append(f"not in the analysis: {', '.join(dropped)}")
    return result, notes


def _moderators(text: str) -> str | list[str]:
    if text.startswith("~") or "," not in text:
        return text
    return [name.strip() for name in text.split(",")]


def _columns(table: Table) -> dict[str, Any]:
    """Return every column as numbers where it holds numbers, else as text with None for missing."""
    import numpy as np

    out: dict[str, Any] = {}
    for name, cells in table.columns.items():
        if table.is_numeric(name):
            out[name] = np.array(table.numbers(name))
        else:
            out[name] = np.array([None if c in _MISSING else c for c in cells], dtype=object)
    return out


def _subgroups(result: PoolResult, groups: list[str | None]) -> dict[str, PoolResult]:
    """Pool every subgroup by itself, with the method of the whole."""
    import warnings

    from aponia import meta

    kept = [g for g, keep in zip(groups, result.kept, strict=True) if keep]
    out: dict[str, PoolResult] = {}
    for name in dict.fromkeys(kept):
        if name is None:
            continue
        rows = [i for i, group in enumerate(kept) if group == name]
        with warnings.catch_warnings():
            # One study has no degrees of freedom for t; it is shown as it is.
            warnings.simplefilter("ignore", meta.MetaWarning)
            out[name] = meta.pool(
                result.y[rows],
                result.v[rows],
                labels=[result.labels[i] for i in rows],
                method=result.method,
                test=result.test,
                level=result.level,
            )
    return out
