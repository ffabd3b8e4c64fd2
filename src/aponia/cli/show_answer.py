"""An answer as text for a terminal: the same sentences and numbers as on the site."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aponia.answers import LAYERS, Answer, Layer, Synthesis
from aponia.evidence import EvidenceBase

__all__ = ["render"]

_MARK = "●"
_EMPTY = "○"


def render(answer: Answer, base: EvidenceBase) -> RenderableType:
    """Return an answer as something Rich can print."""
    parts: list[RenderableType] = [
        Text(answer.ask, style="bold"),
        Text(""),
        Text(answer.sentences.plain),
        Text(answer.sentences.size),
        Text(answer.sentences.harm),
        Text(""),
        Text(
            f"Certainty: {_marks(answer)} {answer.certainty.level}"
            f"{' (suggested)' if answer.certainty.suggested else ''}",
            style="bold",
        ),
    ]
    reasons = [j for j in answer.certainty.judgements if j.levels]
    for judgement in reasons:
        parts.append(
            Padding(
                Text(f"{judgement.levels:+d} {judgement.domain}: {judgement.reason}"), (0, 0, 0, 2)
            )
        )
    parts += [Text(""), Text("What each kind of study says", style="bold")]
    for layer in answer.layers:
        parts.append(
            Text(f"{LAYERS[layer.layer].label}. ", style="italic").append(
                layer.sentence, style="not italic"
            )
        )
    if answer.headline is not None and answer.headline.rows:
        parts += [Text(""), _table(answer.headline)]
    if answer.trials:
        parts += [Text(""), Text("Registered trials", style="bold")]
        for trial in (base.trials[t] for t in answer.trials):
            parts.append(
                Text(
                    f"  {trial.id}  {trial.status or 'status not known'}"
                    f"{f' (seen {trial.status_seen})' if trial.status_seen else ''}  {trial.title}"
                )
            )
    parts += [
        Text(""),
        Text(
            "Information about research, not medical advice. Do not stop a medicine without the "
            "person who prescribed it.",
            style="dim",
        ),
    ]
    return Group(*parts)


def _marks(answer: Answer) -> str:
    steps = answer.certainty.steps
    return _MARK * steps + _EMPTY * (4 - steps)


def _table(found: Synthesis) -> Table:
    table = Table(
        title=f"{found.label}, {LAYERS[Layer.RANDOMISED].label.lower()}", title_justify="left"
    )
    for name in (
        "Study",
        "With the drug",
        "With the comparator",
        "Comparator",
        "When",
        "Direction",
        "p",
    ):
        table.add_column(name, overflow="fold")
    for row in found.rows:
        table.add_row(
            row.label,
            row.active,
            row.control,
            row.comparator_text,
            row.timepoint or "–",
            row.direction,
            row.p or "–",
        )
    return table
