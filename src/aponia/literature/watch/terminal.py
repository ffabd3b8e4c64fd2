"""The digest for a terminal, and as plain text."""

from __future__ import annotations

import io

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aponia.literature.watch.digest import Digest
from aponia.literature.watch.layout import sections

__all__ = ["as_text", "render"]


def render(digest: Digest) -> Group:
    """Return the digest for rich; no text is read as markup."""
    parts: list[Text | Padding | Table] = [Text(digest.title, style="bold")]
    for section in sections(digest):
        parts += [Text(), Text(section.heading, style="bold underline")]
        parts += [Padding(Text(s), (0, 0, 0, 1)) for s in section.sentences]
        if section.entries:
            table = Table.grid(padding=(0, 1, 0, 1))
            table.add_column(justify="right", no_wrap=True, min_width=3)
            table.add_column(overflow="fold")
            for entry in section.entries:
                cell = Text(entry.text)
                for line in entry.lines:
                    cell.append(f"\n{line}", style="dim")
                if entry.link:
                    cell.append(f"\n{entry.link}", style="cyan")
                if entry.command:
                    cell.append(f"\n{entry.command}", style="green")
                failed = entry.mark == "✗"
                table.add_row(Text(entry.mark, style="bold red" if failed else "bold"), cell)
            parts.append(table)
    return Group(*parts)


def as_text(digest: Digest, width: int = 78) -> str:
    """Return the digest as plain text, lines of at most `width` characters."""
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, force_terminal=False, highlight=False).print(
        render(digest)
    )
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
