"""Open a study's skeleton from an included record, filled with what the record itself states.

Nothing is guessed: a value is taken over only where the record words it, and stands with its
quotation; where the words allow two values, both are told and neither is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from aponia.literature.dedupe.folding import fold
from aponia.literature.dedupe.kinds import kind_of
from aponia.literature.extract import methods
from aponia.literature.extract.draft import Draft
from aponia.literature.extract.methods import Said
from aponia.literature.extract.quoting import Filled, passages
from aponia.literature.extract.vocabulary import Mention, TermLike, mentions
from aponia.literature.readers.names import family_name
from aponia.literature.record import Record

__all__ = ["Draft", "Filled", "extract"]

#: What an evidence base's own wider term says only when nothing narrower is named.
_GENERAL = frozenset(
    {"classic-psychedelics-mixed", "psychoplastogens-mixed", "5-ht2a-agonists-mixed"}
)
_NOT_STUDIED = frozenset({"control", "comedication"})
_ALWAYS = (
    "population.description: who was studied, in words",
    "approach: as the paper's dose implies",
    "outcomes, adverse_events, findings, limits: read the paper",
)


def extract(
    record: Record, *, substances: Sequence[TermLike], conditions: Sequence[TermLike]
) -> Draft:
    """Return the skeleton of a study for one record.

    Parameters
    ----------
    record : Record
    substances, conditions : sequences of terms
        Of the vocabulary.

    Raises
    ------
    ValueError
        The record is a trial's registration, which has a format of its own.
    """
    if any("registration" in t.lower() for t in record.types):
        raise ValueError(
            f"record {record.id!r} is a trial's registration; it belongs under trials/, not studies/"
        )
    form = _Form(record)
    kind = kind_of(record)
    if kind:
        form.open.append(f"the record looks like a {kind}: is it the report of the study?")
    texts = list(passages(record.title, record.abstract))
    form.bibliography()
    form.choose("design", methods.designs(texts, record.types))
    condition = _one_kind(
        [m for t in texts for m in mentions(t, [c for c in conditions if c.id != "none"])]
    )
    form.choose("condition", condition)
    studied = [s for s in substances if getattr(s, "class_", None) not in _NOT_STUDIED]
    named = [m for t in texts for m in mentions(t, studied)]
    form.substances(named)
    form.choose("approach", methods.approaches(texts))
    form.choose("comparator", methods.comparator(texts))
    form.choose("blinding.masking", methods.maskings(texts))
    for which in ("randomized", "analysed"):
        form.choose(f"population.n_{which}", methods.people(texts, which), convert=int)
    form.arms(methods.doses(texts, named), substances)
    return form.finish()


def _one_kind(found: Sequence[Mention]) -> list[Said]:
    """Take what the title names; where it names none, everything that is named."""
    title = [m for m in found if m.part == "title"]
    out: dict[str, Said] = {}
    for mention in title or found:
        out.setdefault(mention.id, Said(mention.id, mention.part, mention.quotation))
    return list(out.values())


class _Form:
    """The skeleton while it is filled."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.filled: list[Filled] = []
        self.open: list[str] = []
        self.values: dict[str, Any] = {
            "id": None, "title": None, "first_author": None, "year": None, "journal": None, "doi": None, "pmid": None,
            "registrations": [], "design": None, "condition": None, "substances": [], "approach": None, "country": None,
            "population": {"description": None, "n_randomized": None, "n_analysed": None, "age_mean": None, "female_percent": None},
            "comparator": None,
            "blinding": {"masking": None, "guess_assessed": None, "active_guess_correct": None, "control_guess_correct": None},
            "arms": [], "outcomes": [], "adverse_events": {"serious": None, "withdrawals_due_to_ae": None, "note": None},
            "findings": [], "limits": [], "sources": [], "read": None,
        }  # fmt: skip

    def fill(self, field: str, value: Any, part: str, quotation: str) -> None:
        """Enter a value with its words."""
        outer, _, inner = field.partition(".")
        if inner:
            self.values[outer][inner] = value
        else:
            self.values[outer] = value
        self.filled.append(Filled(field, value, part, quotation))

    def choose(
        self, field: str, said: Sequence[Said], *, convert: Callable[[str], Any] = str
    ) -> None:
        """Enter the value when the record's words allow one; say what they allow when more."""
        values = list(dict.fromkeys(s.value for s in said))
        if len(values) == 1:
            self.fill(field, convert(said[0].value), said[0].part, said[0].quotation)
        elif values:
            told = "; ".join(f"{s.value} (“{s.quotation}”)" for s in said)
            self.open.append(f"{field}: the record allows {told}")

    def bibliography(self) -> None:
        """Enter what stands in the record's own fields."""
        r = self.record
        if r.title:
            self.fill("title", r.title.strip().rstrip("."), "title", r.title)
        if r.authors:
            self.fill("first_author", family_name(r.authors[0]), "authors", r.authors[0])
        if r.year and 1900 <= r.year <= 2100:
            self.fill("year", r.year, "year", str(r.year))
        for name in ("journal", "doi"):
            if getattr(r, name):
                self.fill(name, getattr(r, name), name, getattr(r, name))
        if r.pmid.isdigit():
            self.fill("pmid", int(r.pmid), "pmid", r.pmid)
        if r.registrations:
            self.fill(
                "registrations", list(r.registrations), "registrations", "; ".join(r.registrations)
            )

    def substances(self, named: Sequence[Mention]) -> None:
        """Enter the substances named, the general word only when it stands alone."""
        narrow = [m for m in named if m.id not in _GENERAL] or list(named)
        title = [m for m in narrow if m.part == "title"]
        found: dict[str, Mention] = {}
        for mention in title or narrow:
            found.setdefault(mention.id, mention)
        if found:
            self.values["substances"] = list(found)
            self.filled += [
                Filled(f"substances[{n}]", m.id, m.part, m.quotation)
                for n, m in enumerate(found.values())
            ]

    def arms(self, doses: Sequence[methods.Dose], substances: Sequence[TermLike]) -> None:
        """Enter an arm for each dose printed beside a substance of the study."""
        chosen = set(self.values["substances"])
        known = {s.id for s in substances}
        for dose in doses:
            if dose.substance not in chosen or dose.substance not in known:
                continue
            several = sum(d.substance == dose.substance for d in doses) > 1
            name = (
                f"{dose.substance}-{dose.dose:g}".replace(".", "_") if several else dose.substance
            )
            self.values["arms"].append({
                "id": re.sub(r"[^a-z0-9._-]", "-", name), "substance": dose.substance, "dose": dose.dose, "dose_text": dose.text,
                "dose_unit": dose.unit, "route": None, "doses": None, "schedule": None, "n": None,
            })  # fmt: skip
            self.filled.append(
                Filled(
                    f"arms[{len(self.values['arms']) - 1}].dose",
                    dose.text,
                    dose.part,
                    dose.quotation,
                )
            )
        if self.values["arms"]:
            self.open.append(
                "arms: made of the doses printed beside a substance; check that each was an arm of this study"
            )

    def finish(self) -> Draft:
        """Name the study, its source, and what is missing."""
        v, r = self.values, self.record
        parts = [v["first_author"], v["year"], v["condition"]]
        if v["first_author"] and v["year"]:
            v["id"] = _slug("-".join(str(p) for p in parts if p))
        supports = [
            "bibliography",
            *(p for p in ("registrations", "design", "condition", "arms") if v[p]),
        ]
        supports += (
            ["population"]
            if v["population"]["n_randomized"] or v["population"]["n_analysed"]
            else []
        )
        supports += ["blinding"] if v["blinding"]["masking"] else []
        if r.pmid.isdigit():
            url, kind = (
                f"https://pubmed.ncbi.nlm.nih.gov/{r.pmid}/",
                "pubmed-abstract" if r.abstract else "pubmed",
            )
        elif r.doi:
            url, kind = (
                f"https://doi.org/{r.doi}",
                "journal-abstract" if r.abstract else "journal-page",
            )
        else:
            url, kind = "", ""
        if url:
            v["sources"] = [{"kind": kind, "url": url, "supports": supports}]
        if r.abstract:
            v["read"] = "abstract"
        told = {line.split(":")[0] for line in self.open}
        for name in ("id", "title", "design", "condition", "substances", "sources", "read"):
            if not v[name] and name not in told:
                self.open.append(f"{name}: the record does not state it")
        always = [
            a
            for a in _ALWAYS
            if not (a.startswith("approach") and (v["approach"] or "approach" in told))
        ]
        return Draft(v, tuple(self.filled), (*self.open, *always))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")
