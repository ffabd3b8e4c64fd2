"""A plan as text for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aponia.planning import Estimate, Plan
from aponia.planning.words import DESIGN_NAMES

__all__ = ["render"]


def render(plan: Plan) -> Group:
    """Lay a plan out for the terminal.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    Group
    """
    parts: list[RenderableType] = [
        Text(plan.ask, style="bold"),
        Text(f"The next trial: {DESIGN_NAMES[plan.design]}, {plan.endpoint.label}"),
        Text(),
        *(Text(s) for s in plan.sentences),
        Text(),
        Text(f"What is believed about the effect. {plan.belief.words} {_belief(plan)}"),
        Text(),
        _curve(plan),
        _operating(plan),
        _unblinding(plan),
    ]
    if plan.boundaries:
        parts.append(_looks(plan))
    parts += [_assumptions(plan), Text()]
    parts += [Padding(Text(f"! {w}"), (0, 0, 0, 0)) for w in plan.warnings]
    return Group(*parts)


def _share(e: Estimate) -> str:
    return f"{100 * e.value:.1f}% ±{196 * e.mc_error:.1f}"


def _belief(plan: Plan) -> str:
    low, high = plan.belief.interval()
    d = plan.endpoint.describe
    return (
        f"Middle {d(plan.belief.mean)}, 95% of next trials' effects from {d(low)} to {d(high)}; "
        f"{100 * plan.belief.p_benefit:.0f}% on the side of benefit."
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_lines=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right")
    return table


def _curve(plan: Plan) -> Table:
    table = _table(
        "People in all, power and assurance (±: 95% Monte Carlo error)",
        "people",
        f"power at {plan.endpoint.describe(plan.target_effect)}",
        "assurance",
    )
    for p in plan.curve:
        table.add_row(str(p.people), _share(p.power), _share(p.assurance))
    return table


def _operating(plan: Plan) -> Table:
    o = plan.operating
    table = _table(f"What a trial of {o.people} people would do", "", "")
    rows = [
        ("error without any effect (promised "
         f"{100 * o.allowed_error:g}%)", _share(o.type_one_error)),
        ("assurance if the true effect is a benefit", _share(o.assurance_if_benefit)),
        (f"half width of the interval ({o.width_scale})", f"{o.half_width:.3g}"),
        (f"bias ({o.width_scale})", f"{o.bias:+.3g}"),
        ("exaggeration among positive trials", "–" if o.exaggeration is None else f"{o.exaggeration:.2f}×"),
        ("positive or negative in the wrong direction", _share(o.wrong_direction)),
        ("people on average", f"{o.expected_people:.0f}"),
    ]  # fmt: skip
    rows += [(name.replace("_", ": "), f"{value:.3g}") for name, value in o.extra.items()]
    for name, value in rows:
        table.add_row(name, value)
    return table


def _unblinding(plan: Plan) -> Table:
    table = _table(
        "If people can tell what they got",
        "",
        "believe active",
        "added to the estimate",
        "positive or negative without effect",
        "power",
        "people if guesses are accounted for",
    )
    for u in plan.unblinding:
        table.add_row(
            u.label,
            f"{100 * u.believe_active:.0f}% against {100 * u.believe_comparator:.0f}%",
            f"{u.added:+.3g}",
            _share(u.false_positive),
            _share(u.power),
            f"×{u.people_factor:.2f}",
        )
    return table


def _looks(plan: Plan) -> Table:
    table = _table("Looks", "people", "fraction", "boundary (z)", "nominal p")
    for b in plan.boundaries:
        table.add_row(
            f"{b['people']:.0f}", f"{b['fraction']:.2f}", f"{b['z']:.3f}", f"{b['nominal_p']:.5f}"
        )
    return table


def _assumptions(plan: Plan) -> Text:
    text = Text()
    text.append("What it rests on (change with --set name=value)\n", style="bold")
    for a in plan.assumptions.items_told:
        ends = [f"{v:g}" if v is not None else "…" for v in (a.low, a.high)]
        around = f" ({' to '.join(ends)})" if (a.low, a.high) != (None, None) else ""
        text.append(f"{a.name} = {a.value:g} {a.unit}".rstrip(), style="bold")
        text.append(f"{around}, {a.origin}: {a.what}. {a.why}")
        if a.rows:
            text.append(f" [{', '.join(a.rows)}]", style="dim")
        text.append("\n")
    return text
