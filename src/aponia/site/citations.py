"""How to cite an answer or the whole base: as text, BibTeX and RIS, always with its version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aponia.answers import Answer
from aponia.evidence.exporting import tex
from aponia.site.dates import written_date
from aponia.site.views.common import World

__all__ = ["AUTHORS", "Citation", "citation_files", "cite_answer", "cite_base"]

AUTHORS = "The aponia contributors"
_LICENCE = "CC BY 4.0"


@dataclass(frozen=True)
class Citation:
    """One thing to cite, in three forms; `text` names version and day."""

    text: str
    bibtex: str
    ris: str


def cite_answer(world: World, answer: Answer) -> Citation:
    """Return how to cite one living answer."""
    note = (
        f"Version {world.data_version} of the evidence, {written_date(answer.dates['data_changed'])}. "
        f"Certainty: {answer.certainty.level}"
    )
    return _cite(
        world,
        f"aponia-{answer.id}-{world.data_version}",
        f"{answer.short}: a living answer",
        note,
        f"questions/{answer.id}.html",
    )


def cite_base(world: World) -> Citation:
    """Return how to cite the whole evidence base."""
    note = f"Version {world.data_version}, {written_date(world.released)}"
    return _cite(
        world, f"aponia-{world.data_version}", "aponia evidence base", note, "data/index.html"
    )


def _cite(world: World, key: str, title: str, note: str, path: str) -> Citation:
    day = world.released or world.today
    url = f"{world.base_url}{path}" if world.base_url else ""
    fields = [
        ("author", f"{{{AUTHORS}}}"),
        ("title", tex(title)),
        ("year", day[:4]),
        ("version", world.data_version),
        ("publisher", "aponia"),
        ("note", f"{tex(note)}. {_LICENCE}"),
        ("url", url),
    ]
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields if value)
    lines = [
        ("TY", "DATA"),
        ("ID", key),
        ("AU", AUTHORS),
        ("TI", title),
        ("PY", day[:4]),
        ("DA", day.replace("-", "/")),
        ("ET", world.data_version),
        ("PB", "aponia"),
        ("N1", f"{note}. {_LICENCE}"),
        ("UR", url),
    ]
    ris = "".join(f"{tag}  - {value}\n" for tag, value in lines if value) + "ER  - \n"
    text = f"{AUTHORS}. {title}. {note}. {_LICENCE}.{f' {url}' if url else ''}"
    return Citation(text, f"@misc{{{key},\n{body}}}", ris)


def citation_files(world: World) -> Iterator[tuple[str, bytes]]:
    """Make the citation of every answer and of the base as BibTeX and RIS.

    Yields
    ------
    (str, bytes)
        ``questions/<id>-cite.bib`` and ``.ris``, ``data/cite.bib`` and ``.ris``.
    """
    named = [(f"questions/{a.id}-cite", cite_answer(world, a)) for a in world.answers.values()]
    for stem, found in [*named, ("data/cite", cite_base(world))]:
        yield f"{stem}.bib", f"{found.bibtex}\n".encode()
        yield f"{stem}.ris", found.ris.encode()
