"""A progress bar on stderr when it is a terminal, silence otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Step", "progress"]

#: Called with (done, total, what) as the work goes on.
Step = Callable[[int, int, str], None]


@contextmanager
def progress(title: str) -> Iterator[Step]:
    """Yield a function that reports progress.

    Parameters
    ----------
    title : str

    Yields
    ------
    callable
        ``step(done, total, what)``.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn(title),
        BarColumn(),
        TextColumn("{task.fields[what]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(title, total=None, what="")

        def step(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, what=what)

        yield step
