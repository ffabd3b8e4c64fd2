"""The chain of a mechanism: what was seen in animals, in people, in patients, and with their relief.

Rows of ``mechanism_findings`` say which finding of which study bears on which link; how well a link
holds is judged in `aponia.answers.mechanism_rule`. Nothing here is prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from aponia.answers.layers import layer_of
from aponia.answers.mechanism_rule import (
    REVIEWS,
    Direction,
    LinkState,
    Vote,
    carried,
    combine,
    link_state,
    weight,
)
from aponia.evidence import Arm, EvidenceBase, MechanismFinding, Outcome, Study, pointed_at
from aponia.evidence.codes import MechanismName

__all__ = [
    "CHAIN",
    "MECHANISMS",
    "Chain",
    "ChainLink",
    "Family",
    "Finding",
    "chain",
]

Family = Literal["psychedelic", "ketamine"]

MECHANISMS = ("plasticity", "inflammation", "affective")
"""The three ideas, in the order of the site."""

CHAIN = ("animals", "animals-pain", "volunteers", "patients", "together")
"""The links every chain has, from the laboratory bench to relief."""

_KETAMINE = frozenset({"ketamine", "esketamine"})


@dataclass(frozen=True)
class Finding:
    """One finding of one study, ready to be shown.

    Attributes
    ----------
    row : MechanismFinding
        Which link it bears on, and which way.
    study : Study
        Where it stands.
    """

    row: MechanismFinding
    study: Study

    @property
    def family(self) -> Family:
        """Ketamine and its mirror image act on another receptor: their chain is kept apart."""
        return "ketamine" if set(self.row.substances) <= _KETAMINE else "psychedelic"

    @property
    def review(self) -> bool:
        """Whether it sums up other studies."""
        return self.study.design in REVIEWS

    @cached_property
    def target(self) -> Outcome | str:
        """The outcome or the sentence of the record it points at."""
        found = pointed_at(self.study, self.row.part)
        if found is None:
            raise ValueError(f"{self.row.id}: {self.row.part} is not in {self.study.id}")
        return found

    @property
    def outcome(self) -> Outcome | None:
        """The outcome it points at, if it is one."""
        return self.target if isinstance(self.target, Outcome) else None

    @property
    def people(self) -> int | None:
        """People or animals behind it, None when not read (or when a review does not say)."""
        if self.row.n is not None:
            return self.row.n
        if self.review or self.row.link not in (
            "animals",
            "volunteers",
            "patients",
            "animals-pain",
        ):
            return None
        who = self.study.population
        return who.n_analysed or who.n_randomized

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The groups given what the finding is about."""
        about = set(self.row.substances)
        return tuple(
            a
            for a in self.study.arms
            if a.substance in about or (a.substance or "").endswith("-mixed")
        )


@dataclass(frozen=True)
class ChainLink:
    """One link of a chain, judged.

    Attributes
    ----------
    link : str
        Which one (see `CHAIN`).
    family : str
        For which drugs.
    state : LinkState
    votes : dict of str to Vote
        By study.
    findings : tuple of Finding
        What the votes rest on.
    """

    link: str
    family: Family
    state: LinkState
    votes: dict[str, Vote]
    findings: tuple[Finding, ...]

    @property
    def studies(self) -> tuple[str, ...]:
        """Ids of the studies, in the order shown."""
        return tuple(self.votes)

    @cached_property
    def counts(self) -> dict[Direction, int]:
        """Studies by direction."""
        found: dict[Direction, int] = {
            "supports": 0,
            "mixed": 0,
            "null": 0,
            "against": 0,
            "unclear": 0,
        }
        for vote in self.votes.values():
            found[vote.direction] += 1
        return found

    @property
    def carried(self) -> int:
        """Weight in favour."""
        return carried(self.votes.values())

    @cached_property
    def people(self) -> int:
        """People (or animals) in the studies that say how many; each study once."""
        most: dict[str, int] = {}
        for finding in self.findings:
            most[finding.study.id] = max(most.get(finding.study.id, 0), finding.people or 0)
        return sum(most.values())

    @cached_property
    def unsized(self) -> int:
        """Studies whose number of people was not read."""
        sized = {f.study.id for f in self.findings if f.people}
        return len(set(self.votes) - sized)

    def to_dict(self) -> dict[str, Any]:
        """Return the link as JSON-safe values."""
        return {
            "link": self.link,
            "family": self.family,
            "state": self.state.value,
            "counts": dict(self.counts),
            "people": self.people,
            "studies_without_number": self.unsized,
            "species": list(self.species),
            "studies": [
                {"study": key, "direction": vote.direction, "weight": vote.weight}
                for key, vote in self.votes.items()
            ],
            "findings": [f.row.model_dump(exclude={"mechanism", "link"}) for f in self.findings],
        }

    @property
    def reviews(self) -> int:
        """How many of the studies are reviews of several."""
        return len({f.study.id for f in self.findings if f.review})

    @property
    def cells(self) -> bool:
        """Whether some of it was seen in cells."""
        return bool({"cells", "animals"} & set(self.species))

    @property
    def species(self) -> tuple[str, ...]:
        """In whom, each once, in the order of the findings."""
        return tuple(dict.fromkeys(f.row.species for f in self.findings))


@dataclass(frozen=True)
class Chain:
    """The chain of one mechanism.

    Attributes
    ----------
    mechanism : str
    links, ketamine : dict of str to ChainLink
        The links for psychedelics, and beside them the same for ketamine.
    beside : tuple of Finding
        Relations that are not a link: with laboratory pain, or with mood where no pain was measured.
    """

    mechanism: str
    links: dict[str, ChainLink]
    ketamine: dict[str, ChainLink]
    beside: tuple[Finding, ...]

    @cached_property
    def markers(self) -> tuple[str, ...]:
        """What was measured, in the order of the table."""
        rows = [f.row.marker for link in self.links.values() for f in link.findings]
        return tuple(dict.fromkeys(rows))

    def to_dict(self) -> dict[str, Any]:
        """Return the chain as JSON-safe values: the links of `CHAIN`, then the same for ketamine."""
        return {
            "mechanism": self.mechanism,
            "links": [self.links[key].to_dict() for key in CHAIN],
            "ketamine": [self.ketamine[key].to_dict() for key in CHAIN],
            "beside": [f.row.model_dump(exclude={"mechanism"}) for f in self.beside],
        }

    def marker_state(self, marker: str, link: str) -> ChainLink:
        """Judge one link by one marker alone."""
        whole = self.links[link]
        return _judge(link, whole.family, [f for f in whole.findings if f.row.marker == marker])

    @cached_property
    def never_in_patients(self) -> tuple[str, ...]:
        """Markers measured in people, but in nobody with pain; the most studied first."""
        there = {f.row.marker for key in ("patients", "together") for f in self.links[key].findings}
        studied: dict[str, set[str]] = {}
        for f in self.links["volunteers"].findings:
            if f.row.marker not in there:
                studied.setdefault(f.row.marker, set()).add(f.study.id)
        return tuple(sorted(studied, key=lambda m: -len(studied[m])))


def _judge(link: str, family: Family, findings: Sequence[Finding]) -> ChainLink:
    by_study: dict[str, list[Finding]] = {}
    for finding in findings:
        by_study.setdefault(finding.study.id, []).append(finding)
    votes = {
        key: Vote(combine(f.row.direction for f in mine), weight(mine[0].study))
        for key, mine in by_study.items()
    }
    return ChainLink(link, family, link_state(tuple(votes.values())), votes, tuple(findings))


def chain(base: EvidenceBase, mechanism: str) -> Chain:
    """Build the chain of a mechanism from the evidence base.

    Parameters
    ----------
    base : EvidenceBase
    mechanism : str
        One of `MECHANISMS`, or ``serotonin``, ``experience`` or ``pain``.

    Returns
    -------
    Chain

    Raises
    ------
    ValueError
        A name that no row may have. A base without rows of a mechanism has a chain nobody studied.
    """
    if mechanism not in get_args(MechanismName):
        raise ValueError(f"{mechanism!r} is no mechanism; one of {get_args(MechanismName)}")
    found = [
        Finding(row, base.studies[row.study])
        for row in base.mechanism_findings
        if row.mechanism == mechanism
    ]
    links = {key: _of(found, key, "psychedelic") for key in (*CHAIN, "needed", "blocked")}
    ketamine = {key: _of(found, key, "ketamine") for key in CHAIN}
    beside = tuple(f for f in found if f.row.link in ("together-volunteers", "together-mood"))
    return Chain(mechanism, links, ketamine, beside)


def _of(findings: Iterable[Finding], link: str, family: Family) -> ChainLink:
    mine = [f for f in findings if f.row.link == link and f.family == family]
    return _judge(link, family, sorted(mine, key=_shown_order))


def _shown_order(finding: Finding) -> tuple[int, bool, int, str]:
    # Strongest design first, reviews last, newest first: the order a reader should meet them in.
    rank = 0 if weight(finding.study) else 1
    if layer_of(finding.study) is None:
        rank = 2
    return rank, finding.study.year is None, -(finding.study.year or 0), finding.row.id
