"""A brief to exactly two printed pages, after the rules of wording have read it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pypdf

from aponia.answers.guard import Finding, check_texts
from aponia.site.briefs.assemble import make_brief
from aponia.site.briefs.countries import Country
from aponia.site.briefs.model import CUTS, Brief, Cut, Section
from aponia.site.typeset import page_count, qr_svg, typeset
from aponia.site.views.common import World

__all__ = ["BriefError", "Drawn", "check", "draw", "draw_all"]

PAGES = 2


class BriefError(ValueError):
    """A brief breaks a rule of wording, or does not fit on its pages however far it is shortened."""


@dataclass(frozen=True)
class Drawn:
    """A finished brief: its PDF, and which of `CUTS` it took."""

    brief: Brief
    paper: str
    pdf: bytes
    cut: int

    def text(self) -> str:
        """Return the text of the PDF, as a reader or a screen reader gets it."""
        reader = pypdf.PdfReader(io.BytesIO(self.pdf))
        return "\n".join(page.extract_text() for page in reader.pages)


def check(brief: Brief) -> list[Finding]:
    """Return every text of a brief that must not be printed, and every warning it lacks."""
    return check_texts(
        f"briefs/{brief.id}.pdf", brief.sentences(), quoted=brief.quotes(), patient=True
    )


@lru_cache(maxsize=128)
def draw(brief: Brief, paper: str = "a4", *, released: str | None = None) -> Drawn:
    """Return a brief as PDF; the last 128 are kept, about 15 MB.

    Parameters
    ----------
    brief : Brief
        What to print.
    paper : str
        ``a4`` or ``letter``.
    released : str, optional
        ISO day of the data, written into the file.

    Raises
    ------
    BriefError
        A text is stronger than its certainty, names an amount of a drug or lacks a warning; or two
        pages are not enough even after the last cut.
    """
    if findings := check(brief):
        raise BriefError("\n".join(str(f) for f in findings))
    code = qr_svg(brief.address)
    for i, cut in enumerate(CUTS):
        pdf = typeset("brief", _data(brief, cut, paper, code), created=released)
        if page_count(pdf) == PAGES:
            return Drawn(brief, paper, pdf, i)
    raise BriefError(
        f"briefs/{brief.id}.pdf: {page_count(pdf)} pages on {paper} with every cut, expected {PAGES}"
    )


def draw_all(
    world: World,
    questions: Iterable[str],
    country: Country | None = None,
    *,
    paper: str = "a4",
    base_url: str | None = None,
    threads: int = 2,
) -> Iterator[Drawn]:
    """Yield the briefs of several questions, in their order, several drawn at a time."""

    def one(question: str) -> Drawn:
        made = make_brief(world, question, country, base_url=base_url)
        return draw(made, paper, released=world.released)

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(one, questions)


def _data(brief: Brief, cut: Cut, paper: str, code: str) -> dict[str, Any]:
    """Return what the template reads, shortened; each shortening says how much it left out."""
    data = brief.to_dict()
    data["title"] = f"{brief.kicker}: {brief.ask}"
    data["paper"] = paper
    data["qr"] = code
    data["cut"] = {"size": cut.size, "write": cut.write_lines, "keep": cut.keep}
    data["layers"] = data["layers_short" if cut.short_layers else "layers"]
    data["law"] = _shortened(brief.law, cut.law)
    data["trials"] = data["trials"][: cut.trials]
    hidden = len(brief.trials) - cut.trials
    if hidden > 0:
        data["trials_more"] = (
            f"And {hidden} more open {'trial' if hidden == 1 else 'trials'}, see the page."
        )
    data["words"] = {
        "page": "Page",
        "foot": f"aponia {brief.version} · data of {brief.released}"
        + (f" · law and lines of help for {brief.country_name}" if brief.country else "")
        + " · CC BY 4.0 · not medical advice",
        "version": f"Version {brief.version}",
        "data_of": f"Data of {brief.released}",
        "sources": "Every number and its source stand on the page of the question.",
        "sure": "How sure, and why",
        "date": "Date ____________________",
    }
    return data


def _shortened(section: Section, most: int) -> dict[str, Any]:
    lines = [vars(line) for line in section.lines[:most]]
    hidden = len(section.lines) - len(lines)
    more = f"And {hidden} more, see the page on legal status." if hidden > 0 else ""
    return {**vars(section), "lines": lines, "more": " ".join(m for m in (more, section.more) if m)}
