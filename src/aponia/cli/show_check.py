"""A checked article for the terminal: its text with the claims marked, then a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from aponia.claims import ArticleCheck

__all__ = ["batch_table", "evaluation_table", "render"]

#: A mark beside the colour: colour alone says nothing to many readers.
_STYLE = {
    "supported": ("green", "✓"),
    "partly-supported": ("yellow", "◐"),
    "contradicted": ("red", "✗"),
    "no-evidence": ("magenta", "○"),
    "not-checkable": ("bright_black", "–"),
    "unverified": ("cyan", "?"),
}


def render(check: ArticleCheck) -> RenderableType:
    """Return a checked article as something Rich can print."""
    parts: list[RenderableType] = []
    if check.title:
        parts += [Text(check.title, style="bold"), Text("")]
    if check.note:
        return Group(*parts, Text(check.note))
    body = Text()
    at = 0
    for number, claim in enumerate(check.claims, 1):
        if claim.start < at:
            continue
        style, mark = _STYLE[claim.verdict.name]
        body.append(check.text[at : claim.start])
        body.append(check.text[claim.start : claim.end], style=f"{style} underline")
        body.append(f" [{mark}{number}]", style=f"bold {style}")
        at = claim.end
    body.append(check.text[at:])
    parts += [body, Text("")]
    table = Table(title="Claims", title_justify="left", show_lines=True)
    table.add_column("#", justify="right")
    table.add_column("Claim", overflow="fold", ratio=3)
    table.add_column("Verdict", overflow="fold", min_width=10)
    table.add_column("Why", overflow="fold", ratio=4)
    for number, claim in enumerate(check.claims, 1):
        style, mark = _STYLE[claim.verdict.name]
        why = Text(claim.verdict.explanation)
        if claim.verdict.issues:
            why.append(f"\n{', '.join(claim.verdict.issues)}", style="dim")
        table.add_row(
            str(number), Text(claim.text), Text(f"{mark} {claim.verdict.name}", style=style), why
        )
    parts.append(table)
    if check.missing:
        parts += [Text(""), Text("What a fair article would also have said", style="bold")]
        parts += [Text(f"  • {m.topic} ({', '.join(m.evidence[:3])})") for m in check.missing]
    summary = ", ".join(f"{n} {name}" for name, n in check.summary.items() if n)
    parts += [
        Text(""),
        Text(f"{len(check.claims)} claims: {summary}."),
        Text(
            "Information about research, not medical advice. Do not stop a medicine without the "
            "person who prescribed it.",
            style="dim",
        ),
    ]
    return Group(*parts)


def batch_table(lines: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> Table:
    """Return a batch of checked claims as a table."""
    table = Table()
    table.add_column("Id")
    table.add_column("Claim", overflow="fold", ratio=3)
    table.add_column("Verdict", overflow="fold")
    table.add_column("Why", overflow="fold", ratio=3)
    for line, row in zip(lines, found, strict=True):
        style, mark = _STYLE[row["verdict"]]
        table.add_row(
            str(row["id"]),
            Text(line["claim"]),
            Text(f"{mark} {row['verdict']}", style=style),
            Text(row["explanation"]),
        )
    return table


def evaluation_table(result: Mapping[str, Any]) -> RenderableType:
    """Return an evaluation as a table of figures and the list of misses."""
    table = Table(title=f"{result['n']} labelled claims", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for label, key in (
        ("Strict accuracy", "strict"),
        ("Lenient accuracy", "lenient"),
        ("Strict, answered claims", "strict_answered"),
        ("Lenient, answered claims", "lenient_answered"),
        ("Macro F1", "macro_f1"),
        ("Wrong claims called supported", "wrong_called_supported"),
        ("Coverage", "coverage"),
        ("Issue recall (tags)", "issue_recall"),
        ("Issue recall (families)", "issue_family_recall"),
    ):
        value = result[key]
        table.add_row(
            label,
            "–"
            if value is None
            else f"{100 * value:.1f} %"
            if key != "macro_f1"
            else f"{value:.3f}",
        )
    for slot, value in result["slots"].items():
        table.add_row(f"Slot {slot}", "–" if value is None else f"{100 * value:.1f} %")
    misses = [
        Text(f"  {m['id']}: {m['found']}, labelled {m['gold']}. {m['claim']}")
        for m in result["misses"]
    ]
    return Group(table, Text("Misses", style="bold"), *misses) if misses else table
