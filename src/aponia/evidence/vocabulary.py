"""The vocabulary: which conditions, substances, approaches, constructs and instruments exist."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from pydantic import ConfigDict, Field

from aponia.evidence.values import Identifier, Interval, Number, Record, Text, Url

__all__ = [
    "ImportantDifference",
    "InstrumentTerm",
    "SubstanceTerm",
    "Term",
    "Vocabulary",
]


class Term(Record):
    """One term.

    Attributes
    ----------
    id : str
        The code records use.
    label, plain : str
        Name, and a short plain definition.
    synonyms, abbreviations : tuple of str
        Other names.
    mesh, rxnorm, atc : str or None
        Ids of other vocabularies, only where they were checked.
    checked : str or None
        Address where an id was checked.
    parent : str or None
        Id of the wider term.
    """

    id: Identifier
    label: Text
    plain: Text | None = None
    synonyms: tuple[Text, ...] = ()
    abbreviations: tuple[Text, ...] = ()
    mesh: Annotated[str, Field(pattern=r"^[DC]\d{6,9}$")] | None = None
    rxnorm: Annotated[str, Field(pattern=r"^\d{1,8}$")] | None = None
    atc: Annotated[str, Field(pattern=r"^[A-Z]\d{2}[A-Z]{2}\d{2}$")] | None = None
    checked: Url | None = None
    parent: Identifier | None = None


class SubstanceTerm(Term):
    """A substance.

    Attributes
    ----------
    street, brands : tuple of str
        Street and brand names.
    class_ : str or None
        Pharmacological class; ``class`` in the file.
    """

    model_config = ConfigDict(
        validate_by_alias=True, validate_by_name=True, serialize_by_alias=True
    )

    street: tuple[Text, ...] = ()
    brands: tuple[Text, ...] = ()
    class_: Annotated[Text | None, Field(alias="class")] = None


class ImportantDifference(Record):
    """A minimal important difference of an instrument.

    Attributes
    ----------
    value, lo, hi : float or None
        The difference, or the range of differences.
    kind : str
        How it was found (within-person, between-group, percent change, …).
    condition : str or None
        Vocabulary id of the condition it was found in.
    source : str
        Address of the source.
    """

    value: Number | None
    lo: Number | None = None
    hi: Number | None = None
    kind: Text
    condition: Identifier | None = None
    source: Url
    note: Text | None = None


class InstrumentTerm(Term):
    """A scale.

    Attributes
    ----------
    constructs : tuple of str
        Vocabulary ids of what it measures.
    unit : str or None
        Unit of its score.
    min, max : float or None
        Range of its score.
    lower_is_better : bool or None
        Direction.
    mids : tuple of ImportantDifference
        Minimal important differences with their sources.
    """

    constructs: tuple[Identifier, ...] = ()
    unit: Text | None = None
    min: Number | None = None
    max: Number | None = None
    lower_is_better: bool | None = None
    mids: tuple[ImportantDifference, ...] = ()

    @property
    def range(self) -> Interval | None:
        """Lowest and highest score, when both are known."""
        return None if self.min is None or self.max is None else (self.min, self.max)


class Vocabulary(Record):
    """All terms.

    Attributes
    ----------
    conditions, approaches, constructs : tuple of Term
        Terms.
    substances : tuple of SubstanceTerm
        Substances.
    instruments : tuple of InstrumentTerm
        Scales.
    """

    # ignored types let the look-ups below be computed once on a frozen model
    model_config = ConfigDict(ignored_types=(cached_property,))

    conditions: tuple[Term, ...]
    substances: tuple[SubstanceTerm, ...]
    approaches: tuple[Term, ...]
    constructs: tuple[Term, ...]
    instruments: tuple[InstrumentTerm, ...]

    def term(self, kind: str, term_id: str) -> Term | None:
        """Give one term, or None when it does not exist.

        Parameters
        ----------
        kind : str
            ``conditions``, ``substances``, ``approaches``, ``constructs`` or ``instruments``.
        term_id : str
            Id of the term.

        Returns
        -------
        Term or None
            The term.
        """
        return self._index.get(kind, {}).get(term_id)

    def label(self, kind: str, term_id: str) -> str:
        """Give the label of a term, or the id itself when the term does not exist.

        Parameters
        ----------
        kind : str
            As in `term`.
        term_id : str
            Id of the term.

        Returns
        -------
        str
            The label.
        """
        term = self.term(kind, term_id)
        return term.label if term else term_id

    def related(self, one: str, other: str) -> bool:
        """Say whether two substances are the same, or one is the wider term of the other.

        Parameters
        ----------
        one, other : str
            Ids of substances.

        Returns
        -------
        bool
            True when either stands above the other in the chain of parents.
        """
        return other in self._above(one) or one in self._above(other)

    def _above(self, term_id: str) -> set[str]:
        chain: set[str] = set()
        step: str | None = term_id
        while step is not None and step not in chain:
            chain.add(step)
            term = self.term("substances", step)
            step = term.parent if term else None
        return chain

    @cached_property
    def _index(self) -> dict[str, dict[str, Term]]:
        return {kind: {t.id: t for t in getattr(self, kind)} for kind in type(self).model_fields}
