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


#: What stands beside a claim in the text.
_SHORT = {
    "supported": "supported",
    "partly-supported": "partly",
    "contradicted": "contradicted",
    "no-evidence": "no evidence",
    "not-checkable": "not checkable",
    "unverified": "unverified",
}
#: A longer article is cut on the screen, not in the check.
_MOST_TEXT = 100_000


def render(check: ArticleCheck) -> RenderableType:
    """Return a checked article as something Rich can print."""
    parts: list[RenderableType] = []
    if check.title:
        parts += [Text(check.title, style="bold"), Text("")]
    if check.note:
        parts += [Text(check.note), Text("")]
    if not check.claims:
        return Group(*parts[:-1])
    counts = Text(f"{len(check.claims)} claims: ")
    for n, (name, count) in enumerate((k, v) for k, v in check.summary.items() if v):
        style, mark = _STYLE[name]
        counts.append(f"{', ' if n else ''}").append(f"{mark} {count} {name}", style=style)
    parts += [counts.append("."), Text(""), _marked(check), Text("")]
    if check.missing:
        left_out = Table.grid(padding=(0, 1))
        left_out.add_column(width=1)
        left_out.add_column(overflow="fold")
        for m in check.missing:
            line = Text(m.topic)
            line.append(f" {', '.join(m.evidence[:3])}", style="dim")
            left_out.add_row("•", line)
        parts += [
            Text("What a fair article would also have said", style="bold"),
            left_out,
            Text(""),
        ]
    table = Table(title="Claims", title_justify="left", show_lines=True)
    table.add_column("#", justify="right")
    table.add_column("Claim", overflow="fold", ratio=3)
    table.add_column("Verdict", overflow="fold", min_width=12)
    table.add_column("Why", overflow="fold", ratio=4)
    for number, claim in enumerate(check.claims, 1):
        style, mark = _STYLE[claim.verdict.name]
        why = Text(claim.verdict.explanation)
        if claim.verdict.issues:
            why.append(f"\n{', '.join(claim.verdict.issues)}", style="dim")
        if claim.verdict.evidence:
            why.append(f"\n{', '.join(e.id for e in claim.verdict.evidence[:2])}", style="dim")
        table.add_row(
            str(number),
            Text(" ".join(claim.text.split())),
            Text(f"{mark} {_SHORT[claim.verdict.name]}", style=style),
            why,
        )
    parts += [
        table,
        Text(
            "Information about research, not medical advice. Do not stop a medicine without the "
            "person who prescribed it.",
            style="dim",
        ),
    ]
    return Group(*parts)


def _marked(check: ArticleCheck) -> Text:
    """Return the text with each claim underlined, its number and verdict behind it."""
    body = Text()
    at = len(check.title) if check.title and check.text.startswith(check.title) else 0
    while 0 < at < len(check.text) and check.text[at].isspace():
        at += 1
    start = at
    for number, claim in enumerate(check.claims, 1):
        if claim.start < start or claim.end > _MOST_TEXT:
            if claim.start == 0:
                at = 0  # the headline is a claim itself
            else:
                continue
        style, _ = _STYLE[claim.verdict.name]
        body.append(check.text[at : claim.start])
        body.append(check.text[claim.start : claim.end], style=f"{style} underline")
        body.append(f" [{number} {_SHORT[claim.verdict.name]}]", style=f"bold {style}")
        at = start = claim.end
    body.append(check.text[at : max(at, _MOST_TEXT)])
    if len(check.text) > _MOST_TEXT:
        body.append("\n[the rest of the text is not shown]", style="dim")
    lines = Text("\n").join(body.split("\n", allow_blank=True))
    lines.rstrip()
    return lines


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
