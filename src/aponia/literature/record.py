"""The bibliographic record: what every reader makes and every other part of the package takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Problem", "ReadResult", "Record"]


@dataclass(frozen=True, slots=True)
class Record:
    """One record as one database states it.

    Nothing the file said is lost: what has no field of its own, and every value that was changed
    on the way into a field, stands under its original tag in `raw`.

    Parameters
    ----------
    id : str
        Unique within what was read together.
    title, abstract, journal, volume, issue, pages : str
        Empty when the file does not state them.
    authors : tuple of str
        ``"Family, Given"`` where the file tells the parts apart, else as written.
    year : int or None
        Year of publication, or of registration for a trial.
    doi : str
        Lower case, without resolver address.
    pmid, nct : str
        PubMed and ClinicalTrials.gov identifiers.
    keywords, mesh, types : tuple of str
        Authors' or database keywords, MeSH headings, publication types.
    registrations : tuple of str
        All trial registry numbers the record states, `nct` among them.
    issn, language, url : str
    source : str
        The database, as far as the file tells.
    file : str
        Name of the file read.
    line : int
        Line (or, in a file without lines, position) where the record starts; 0 when unknown.
    raw : mapping of str to tuple of str
        Unknown tags and unchanged originals.
    """

    id: str
    title: str = ""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    nct: str = ""
    keywords: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    registrations: tuple[str, ...] = ()
    issn: str = ""
    language: str = ""
    url: str = ""
    source: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    raw: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain JSON-safe values."""
        out: dict[str, Any] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "raw":
                value = {key: list(values) for key, values in value.items()}
            elif isinstance(value, tuple):
                value = list(value)
            out[name] = value
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """Build a record from what `to_dict` returned; unknown keys are an error.

        Raises
        ------
        TypeError
            An unknown key, or no ``id``.
        """
        values = dict(data)
        for name in ("authors", "keywords", "mesh", "types", "registrations"):
            values[name] = tuple(values.get(name) or ())
        values["raw"] = {key: tuple(texts) for key, texts in (values.get("raw") or {}).items()}
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that a person should know of.

    Parameters
    ----------
    file : str
    line : int
    message : str
        What was found and what was done about it.
    lost : bool
        True when text of the file did not get into any record (stray lines between records).
    """

    file: str
    line: int
    message: str
    lost: bool = False

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The records of a file, what was odd in it, and the format it turned out to be in."""

    records: list[Record]
    problems: list[Problem]
    format: str
    encoding: str = ""
