"""What a brief is made of: every word that is printed, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from aponia.appraisal import Level

__all__ = ["CUTS", "Brief", "Cut", "Line", "Section", "TrialRow", "Urgent"]


@dataclass(frozen=True)
class Line:
    """One entry of a list.

    Attributes
    ----------
    lead : str
        Its first words, set bold: a medicine, a kind of study.
    text : str
        What is said.
    note : str
        Small print after it: kind of evidence, date, source.
    quoted : bool
        Whether `text` holds a source's words or findings, not ours.
    level : str or None
        The certainty our sentence must not exceed.
    """

    lead: str
    text: str
    note: str = ""
    quoted: bool = False
    level: Level | None = None


@dataclass(frozen=True)
class Section:
    """A heading with a sentence and a list under it; `more` says what was left out for space."""

    title: str
    intro: str
    lines: tuple[Line, ...] = ()
    more: str = ""
    blank: bool = False


@dataclass(frozen=True)
class TrialRow:
    """One open trial, its registered criteria in columns to be compared, not matched."""

    trial: str
    status: str
    title: str
    takes: str
    leaves_out: str
    how: str
    where: str


@dataclass(frozen=True)
class Urgent:
    """Red flags and whom to call."""

    title: str
    call: str
    flags: tuple[str, ...]
    emergency: str
    ask: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Cut:
    """How far a brief is shortened, and its size of type in points.

    `keep` keeps the list of medicines on one page; `write_lines` are the lines under each blank.
    """

    size: float
    trials: int
    law: int
    short_layers: bool = False
    keep: bool = True
    write_lines: int = 2


#: Tried in this order until the pages are two. First the type shrinks a little, then lists shorten.
CUTS: tuple[Cut, ...] = (
    Cut(9.0, 4, 6, write_lines=3),
    Cut(8.7, 4, 6),
    Cut(8.4, 4, 5),
    Cut(8.4, 4, 5, keep=False),
    Cut(8.1, 3, 4),
    Cut(8.1, 3, 4, keep=False),
    Cut(8.1, 3, 3, short_layers=True, keep=False),
    Cut(7.8, 3, 3, short_layers=True, keep=False, write_lines=1),
    Cut(7.5, 2, 2, short_layers=True, keep=False, write_lines=1),
)


@dataclass(frozen=True)
class Brief:
    """The two pages, before anything is shortened.

    Attributes
    ----------
    id : str
        Question.
    country : str or None
        Code of the chosen country.
    version, released, address : str
        Version of the package and digest of the data; day of the data; what the QR code says.
    level : str or None
        Certainty of the answer; None when nothing could be rated.
    filled : int
        Filled marks, 0 to 4.
    level_word : str
        The mark in words.
    why : tuple of str
        Reasons for it.
    important : str
        The smallest difference people notice, where a source gives one in the unit of the result.
    layers, layers_short : Section
        One line for each kind of study, whole and shortened to its count.
    """

    id: str
    country: str | None
    country_name: str
    version: str
    released: str
    address: str
    address_label: str
    kicker: str
    standing: tuple[str, ...]
    ask: str
    answer: str
    level: Level | None
    filled: int
    level_word: str
    why: tuple[str, ...]
    size_title: str
    size: str
    important: str
    harm_title: str
    harm: str
    layers: Section
    layers_short: Section
    excluded: Section
    interactions: Section
    urgent: Urgent
    law: Section
    options: Section
    trials_title: str
    trials_intro: str
    trials_heads: tuple[str, ...]
    trials: tuple[TrialRow, ...]
    trials_more: str
    questions: Section
    blanks_title: str
    blanks: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the brief as JSON-safe values."""
        return asdict(self)

    def sentences(self) -> Iterator[tuple[str, Level | None]]:
        """Yield our own texts, each with the certainty it must not exceed."""
        for text in (
            self.answer,
            *self.why,
            self.size,
            self.important,
            self.harm,
            self.level_word,
        ):
            yield text, self.level
        for text in (
            *self.standing,
            self.ask,
            self.kicker,
            self.size_title,
            self.harm_title,
            self.trials_title,
            self.trials_intro,
            self.trials_more,
            self.blanks_title,
            *self.blanks,
            self.urgent.title,
            self.urgent.call,
            *self.urgent.flags,
            self.urgent.emergency,
            self.urgent.ask,
            self.address_label,
        ):
            yield text, None
        for section, level in (
            (self.layers, self.level),
            (self.layers_short, self.level),
            *((s, None) for s in self._other_sections()),
        ):
            yield section.title, None
            yield section.intro, None
            yield section.more, None
            for line in section.lines:
                if not line.quoted:
                    yield line.text, line.level or level

    def quotes(self) -> Iterator[str]:
        """Yield the texts that hold words of sources: criteria, law, findings, and names."""
        for section in (self.layers, self.layers_short, *self._other_sections()):
            for line in section.lines:
                yield line.lead
                yield line.note
                if line.quoted:
                    yield line.text
        for row in self.trials:
            yield from asdict(row).values()
        yield from self.urgent.lines

    def _other_sections(self) -> tuple[Section, ...]:
        return (self.excluded, self.interactions, self.law, self.options, self.questions)
