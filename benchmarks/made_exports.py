"""A made-up literature with its gold: publications as several databases would export them.

Everything is drawn from a seed: words and names by Zipf's law, journals with abbreviations and
volumes that follow the year, and the look-alikes that cost a review a study when they are merged
(errata, replies, congress abstracts, parts I and II, annual reports, editorials, protocols,
preprints, registry entries).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate

from aponia.literature.record import Record

__all__ = ["made_exports"]

_ONSETS = "b br c ch cl d dr f fl g gr h j k kl l m n p ph pl pr qu r s sc sh sl sp st t th tr v w z".split()  # noqa: SIM905
_VOWELS = "a e i o u ae ea ia io ou".split()  # noqa: SIM905
_CODAS = " n r s l t m x nd st ck ng".split(" ")  # noqa: SIM905
_COMMON = [
    "of",
    "in",
    "the",
    "and",
    "with",
    "for",
    "a",
    "on",
    "patients",
    "treatment",
    "study",
    "trial",
    "randomized",
    "effect",
    "clinical",
    "pain",
    "therapy",
    "chronic",
    "disease",
    "outcomes",
    "after",
    "during",
    "between",
    "from",
    "risk",
    "acute",
    "efficacy",
    "controlled",
    "analysis",
    "review",
    "care",
    "health",
    "women",
    "children",
    "adults",
    "evaluation",
    "management",
    "association",
    "factors",
    "use",
    "syndrome",
    "model",
]
_JOURNAL_WORDS = [
    "american",
    "british",
    "european",
    "international",
    "scandinavian",
    "canadian",
    "japanese",
    "journal",
    "annals",
    "archives",
    "medicine",
    "surgery",
    "neurology",
    "psychiatry",
    "pharmacology",
    "anesthesia",
    "pain",
    "research",
    "clinical",
    "experimental",
    "oncology",
    "cardiology",
    "nursing",
    "therapy",
    "science",
    "biology",
    "public",
    "health",
    "rheumatology",
    "headache",
]


class _World:
    """Words, names and journals of one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        draw = self.random
        words: dict[str, None] = dict.fromkeys(_COMMON)
        while len(words) < 30_000:
            words["".join(self._syllable() for _ in range(draw.choice((2, 3, 3, 4))))] = None
        self.words = list(words)
        self.weights = list(accumulate(1.0 / (rank + 3) ** 0.9 for rank in range(len(self.words))))
        names: dict[str, None] = {}
        while len(names) < 12_000:
            names[
                "".join(self._syllable() for _ in range(draw.choice((1, 2, 2, 3)))).capitalize()
            ] = None
        self.names = [n for n in names if len(n) > 1]
        self.name_weights = list(
            accumulate(1.0 / (rank + 20) ** 0.8 for rank in range(len(self.names)))
        )
        self.journals: list[tuple[str, str, int, str]] = []
        for _ in range(1500):
            chosen = draw.sample(_JOURNAL_WORDS, draw.choice((2, 3, 3, 4)))
            full = " ".join(w.capitalize() for w in chosen)
            short = " ".join(
                w[: draw.choice((3, 4, 5))].capitalize() if len(w) > 5 else w.capitalize()
                for w in chosen
            )
            issn = f"{draw.randrange(10000):04d}-{draw.randrange(10000):04d}"
            self.journals.append((full, short, draw.randrange(1900, 2000), issn))

    def _syllable(self) -> str:
        draw = self.random
        return draw.choice(_ONSETS) + draw.choice(_VOWELS) + draw.choice(_CODAS)

    def some_words(self, count: int) -> list[str]:
        return self.random.choices(self.words, cum_weights=self.weights, k=count)

    def paper(self, number: int) -> Record:
        draw = self.random
        journal, _, start, issn = draw.choice(self.journals)
        year = int(draw.triangular(1980, 2025, 2018))
        first = draw.randrange(1, 1800)
        people = draw.choices(
            self.names, cum_weights=self.name_weights, k=min(1 + int(draw.expovariate(0.25)), 25)
        )
        given = [
            "".join(self._syllable()).capitalize()
            + (" " + draw.choice("ABCDEJMR") if draw.random() < 0.4 else "")
            for _ in people
        ]
        title = " ".join(self.some_words(draw.randrange(6, 16))).capitalize()
        return Record(
            id=str(number), title=title, authors=tuple(f"{f}, {g}" for f, g in zip(people, given, strict=True)),
            year=year, journal=journal, volume=str(max(1, year - start)), issue=str(draw.randrange(1, 13)),
            pages=f"{first}-{first + draw.randrange(1, 16)}", issn=issn, pmid=str(1_000_000 + number),
            doi=f"10.{draw.randrange(1000, 9999)}/j.{issn[:4]}.{year}.{number:06d}",
            abstract=" ".join(self.some_words(draw.randrange(80, 220))).capitalize() + "." if draw.random() < 0.75 else "",
        )  # fmt: skip

    def another_database(self, paper: Record) -> Record:
        """Return the record as another database would state it."""
        draw = self.random
        first, _, last = paper.pages.partition("-")
        short = next((s for f, s, _, _ in self.journals if f == paper.journal), paper.journal)
        title = draw.choice(
            (
                paper.title,
                paper.title.title(),
                paper.title + ".",
                paper.title.upper(),
                f"[{paper.title}].",
            )
        )
        if draw.random() < 0.05 and len(title) > 40:
            place = draw.randrange(5, len(title) - 5)
            title = title[:place] + title[place + 1 :]
        authors = draw.choice((
            paper.authors,
            tuple(f"{a.split(',')[0]} {''.join(g[0] for g in a.split(', ')[1].split())}" for a in paper.authors),
            tuple(f"{a.split(',')[0]}, {'. '.join(g[0] for g in a.split(', ')[1].split())}." for a in paper.authors),
            (*paper.authors[:6],),
        ))  # fmt: skip
        return replace(
            paper, title=title, authors=authors, journal=draw.choice((paper.journal, short, paper.journal.upper())),
            doi=paper.doi if draw.random() < 0.6 else "", pmid=paper.pmid if draw.random() < 0.3 else "",
            pages=draw.choice((paper.pages, f"{first}-{last[-2:]}" if len(last) == len(first) > 2 else paper.pages, first)),
            issue=paper.issue if draw.random() < 0.8 else "", issn=paper.issn if draw.random() < 0.5 else "",
            year=(paper.year or 0) + 1 if draw.random() < 0.03 else paper.year,
            abstract=paper.abstract if draw.random() < 0.8 else "",
        )  # fmt: skip

    def look_alikes(self, paper: Record) -> Iterator[Record]:
        """Yield other publications that look like this one, one kind at a time."""
        draw = self.random
        other, _, start, issn = draw.choice(self.journals)
        page = str(draw.randrange(2000, 3000))
        bare = replace(paper, doi="", pmid="", abstract="")
        kind = draw.randrange(8)
        year = paper.year or 2000
        if kind == 0:
            yield replace(bare, title=f"Erratum: {paper.title}", pages=page, issue="12")
        elif kind == 1:
            yield replace(
                bare, title=f"Reply to: {paper.title}", pages=page, authors=paper.authors[:1]
            )
        elif kind == 2:
            yield replace(
                bare,
                journal=other,
                volume=str(max(1, year - start)),
                issue="3 Suppl 1",
                pages=f"S{draw.randrange(1, 400)}",
                issn=issn,
                year=year - 1,
                types=("Conference Abstract",),
            )
        elif kind == 3:
            yield replace(bare, title=f"{paper.title}. Part II", pages=f"{page}-{int(page) + 8}")
            yield replace(
                bare, title=f"{paper.title}. Part III", pages=f"{int(page) + 40}-{int(page) + 48}"
            )
        elif kind == 4:
            yield replace(
                bare,
                title=f"{paper.title}: protocol for a randomised controlled trial",
                journal=other,
                volume=str(max(1, year - start)),
                pages=f"e{page}",
                issn=issn,
                year=year - 2,
            )
        elif kind == 5:
            yield replace(
                bare,
                journal="medRxiv",
                volume="",
                issue="",
                pages="",
                issn="",
                year=year - 1,
                doi=f"10.1101/{page}.{paper.id}",
                types=("Preprint",),
            )
        elif kind == 6:
            for step in range(1, 4):
                page = str(draw.randrange(2000, 3000))
                yield replace(
                    bare,
                    title=f"Annual report of the {' '.join(paper.title.split()[:3])} registry",
                    year=year + step,
                    volume=str(int(paper.volume) + step),
                    pages=f"{page}-{int(page) + 20}",
                )
        else:
            number = f"NCT{draw.randrange(10**8):08d}"
            yield replace(
                bare,
                authors=(paper.authors[0],),
                journal="ClinicalTrials.gov",
                volume="",
                issue="",
                pages="",
                issn="",
                types=("Trial Registration",),
                registrations=(number,),
                nct=number,
            )


def made_exports(
    size: int, *, seed: int = 1, copies: float = 0.35
) -> tuple[list[Record], list[str]]:
    """Return `size` records in random order, and the publication each of them is.

    Parameters
    ----------
    size : int
    seed : int
    copies : float
        Chance that a further database holds a publication, once and again.

    Returns
    -------
    records : list of Record
    gold : list of str
    """
    world = _World(seed)
    draw = world.random
    made: list[tuple[Record, str]] = []
    number = 0
    while len(made) < size:
        number += 1
        paper = world.paper(number)
        made.append((paper, str(number)))
        while draw.random() < copies:
            made.append((world.another_database(paper), str(number)))
        if draw.random() < 0.04:
            for place, other in enumerate(world.look_alikes(paper)):
                made.append((other, f"{number}-{place}"))
    made = made[:size]
    draw.shuffle(made)
    return [replace(r, id=f"r{i}") for i, (r, _) in enumerate(made)], [label for _, label in made]
