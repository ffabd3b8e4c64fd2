"""What several sections need: labels, links, the urgent box, who trials excluded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aponia.answers import Answer
from aponia.answers.select import RUNNING
from aponia.evidence import EvidenceBase, Source, Study, Trial
from aponia.site.charts.figure import Direction
from aponia.site.dates import written_date

__all__ = [
    "DIRECTION",
    "RED_FLAGS",
    "SELLS_NOTHING",
    "World",
    "certainty_key",
    "site_facts",
    "source_items",
]

SELLS_NOTHING = "The project sells nothing."
#: How the directions of `aponia.answers` are named in the charts.
DIRECTION: dict[str, Direction] = {
    "benefit": "benefit",
    "harm": "harm",
    "no-difference": "none",
    "unclear": "unclear",
}

#: Signs that need help at once (research/safety conventions: headache red flags, cauda equina,
#: chest pain, serotonin toxicity, suicidal thoughts).
RED_FLAGS = (
    "a sudden headache, or the worst of your life",
    "headache with fever, stiff neck, weakness, numbness or confusion",
    "a new kind of headache after the age of 50",
    "new numbness between the legs, or loss of control over bladder or bowel",
    "chest pain or trouble breathing",
    "agitation with fever, shaking or stiff muscles after mixing drugs or medicines",
    "thoughts of ending your life",
)


def certainty_key(level: str) -> str:
    """Return the key the certainty mark uses.

    >>> certainty_key("very low")
    'very-low'
    """
    return level.replace(" ", "-")


@dataclass(frozen=True)
class World:
    """Everything a page may draw on: the base, its answers, and the day of the build."""

    base: EvidenceBase
    answers: dict[str, Answer]
    today: str
    version: str
    #: Address the site is published under, with its trailing slash; None when it is not known.
    base_url: str | None = None

    @property
    def data_version(self) -> str:
        """Version of the evidence base; that of the software where the base states none."""
        return self.base.release.version if self.base.release else self.version

    @property
    def released(self) -> str | None:
        """Day the evidence base was last changed."""
        return self.base.released

    def label(self, kind: str, term: str) -> str:
        """Return the label of a vocabulary term."""
        return self.base.vocabulary.label(kind, term)

    def labels(self, kind: str, terms: Iterable[str]) -> str:
        """Return several labels as a list in prose."""
        return ", ".join(self.label(kind, t) for t in terms)

    @cached_property
    def cited_by(self) -> dict[str, tuple[str, ...]]:
        """Questions that use a study or trial, by its id."""
        found: dict[str, list[str]] = {}
        for answer in self.answers.values():
            ids = {s for layer in answer.layers for s in layer.studies}
            for record in (*sorted(ids), *answer.reviews, *answer.trials):
                found.setdefault(record, []).append(answer.id)
        return {k: tuple(v) for k, v in found.items()}

    @cached_property
    def crisis_lines(self) -> list[dict[str, Any]]:
        """Rows of the urgent box: only lines read on the service's own or an official page."""
        return [
            {
                "country": c.country,
                "emergency": c.emergency_number,
                "service": c.service,
                "number": c.number,
                "hours": c.hours,
                "as_of": written_date(c.as_of),
            }
            for c in self.base.crisis_lines
            if c.shown
        ]

    def exclusions(self, substances: Sequence[str]) -> list[dict[str, Any]]:
        """Whom trials left out, for some substances, each once."""
        family = set(substances)
        seen: dict[str, dict[str, Any]] = {}
        for row in self.base.contraindications:
            if row.substance in family and row.severity == "exclude":
                seen.setdefault(
                    row.factor, {"text": row.factor, "href": row.source_url, "id": row.id}
                )
        return list(seen.values())

    def trial_card(self, trial: Trial, root: str) -> dict[str, Any]:
        """Return what the macro ``trial_card`` shows."""
        running = trial.status in RUNNING
        late = (
            running
            and bool(trial.completion)
            and str(trial.completion) < self.today[: len(str(trial.completion))]
        )
        return {
            "id": trial.id,
            "title": trial.title,
            "href": f"{root}trials/{trial.id}.html",
            "status": trial.status or "status not known",
            "status_seen": written_date(trial.status_seen),
            "phase": trial.phase,
            "enrollment": trial.enrollment,
            "start": written_date(trial.start),
            "completion": written_date(trial.completion),
            "sponsor": trial.sponsor,
            "country": trial.country,
            "overdue": late,
            "running": running,
            "slip": "planned end has passed; status not seen since" if late else "",
            "tags": [],
        }

    def study_link(self, study: Study, root: str) -> dict[str, str]:
        """Return text and address of a study's page."""
        return {"text": study.label, "href": f"{root}studies/{study.id}.html"}


def site_facts(world: World) -> dict[str, Any]:
    """Return what the frame of every page says of the whole site: version, dates, addresses."""
    return {
        "version": world.version,
        "built": world.today,
        "data_changed": world.released,
        "repository": "",
        "corrections_href": "",
        "licence_href": "",
        "funding": SELLS_NOTHING,
    }


def source_items(sources: Sequence[Source], read: str | None = None) -> list[dict[str, Any]]:
    """Return what the macro ``sources`` shows."""
    return [
        {
            "text": s.url.removeprefix("https://"),
            "href": s.url,
            "kind": s.kind.replace("-", " ")
            + (f", via {s.via}" if s.via else "")
            + (f", page dated {written_date(s.as_of)}" if s.as_of else ""),
            "read": read or "",
            "supports": ", ".join((*s.supports, *(f"{d.part}: {d.what}" for d in s.detail))),
        }
        for s in sources
    ]
