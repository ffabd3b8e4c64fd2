"""What changed between two versions: which answer flipped, what was added, what was corrected.

In: two `Snapshot` objects. Out: `Changes`, typed, with nothing left to compare. Its words are made
in `aponia.answers.changes_words`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aponia.answers.snapshot import AnswerMark, Headline, Snapshot

__all__ = [
    "AnswerChange",
    "Changes",
    "FieldChange",
    "RecordChange",
    "compare",
]

#: Two numbers of an answer differ materially by more than this share of the mean width of their intervals.
_MATERIAL = 0.1
#: Where there is no interval, by more than this share of the larger number.
_RELATIVE = 0.05
_DEPTH = {"secondary": 0, "registry": 1, "abstract": 2, "full-text": 3}
#: Day on which a changing thing was looked at; a later one means news, not a correction.
_SEEN = ("status_seen", "as_of")

Verb = Literal["added", "removed", "changed"]
Why = Literal["new", "gone", "newly seen", "read further", "contradiction found", "corrected"]
Turn = Literal["new", "dropped", "flipped", "moved", "unchanged"]


@dataclass(frozen=True)
class FieldChange:
    """One value that differs; None where there was or is none."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class RecordChange:
    """A record that came, went or reads otherwise.

    Attributes
    ----------
    kind : str
        studies, trials, questions, terms, appraisals or the name of a table.
    verb : str
        ``added``, ``removed``, ``changed``.
    why : str
        ``new``, ``gone``; of a change: ``newly seen`` (the same thing looked at on a later day, such
        as the status of a trial), ``read further`` (abstract, then full text), ``contradiction
        found`` (a disagreement between sources was noted), ``corrected`` (none of these).
    fields : tuple of FieldChange
        Of a change only.
    """

    kind: str
    id: str
    label: str
    verb: Verb
    why: Why
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class AnswerChange:
    """What happened to one answer.

    Attributes
    ----------
    turn : str
        ``flipped`` when status, certainty, direction or the side of a minimal difference turned;
        ``moved`` when numbers, studies, trials or words changed and the conclusion did not.
    fields : tuple of FieldChange
        What turned first, then what moved.
    old, new : AnswerMark or None
    """

    id: str
    short: str
    turn: Turn
    fields: tuple[FieldChange, ...]
    old: AnswerMark | None
    new: AnswerMark | None


@dataclass(frozen=True)
class Changes:
    """Everything that differs between two versions.

    Attributes
    ----------
    same_engine : bool
        Whether one version of the software answered both; otherwise answers may differ because of it.
    release_note : str or None
        What the new version says of itself.
    answers : tuple of AnswerChange
        Only those that are not unchanged: flipped, new, dropped, moved; in order of id within each.
    records : tuple of RecordChange
        In order of kind and id.
    """

    old_version: str
    new_version: str
    old_released: str | None
    new_released: str | None
    same_engine: bool
    notes: tuple[str, ...]
    release_note: str | None
    answers: tuple[AnswerChange, ...]
    records: tuple[RecordChange, ...]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.answers or self.records)

    def of(self, *turns: Turn) -> tuple[AnswerChange, ...]:
        """Return the answers to which one of these happened."""
        return tuple(a for a in self.answers if a.turn in turns)

    def records_of(self, kind: str, verb: Verb | None = None) -> tuple[RecordChange, ...]:
        """Return the changed records of a kind."""
        return tuple(r for r in self.records if r.kind == kind and verb in (None, r.verb))


def compare(old: Snapshot, new: Snapshot) -> Changes:
    """Compare two versions.

    Parameters
    ----------
    old, new : Snapshot

    Returns
    -------
    Changes
        Empty when they hold the same, whatever the order inside.
    """
    answers = [
        found
        for key in sorted({*old.answers, *new.answers})
        if (found := _answer(key, old.answers.get(key), new.answers.get(key))).turn != "unchanged"
    ]
    order = ("flipped", "new", "dropped", "moved")
    return Changes(
        old_version=old.version,
        new_version=new.version,
        old_released=old.released,
        new_released=new.released,
        same_engine=old.made_with == new.made_with,
        notes=tuple(n for n in (old.note, new.note) if n),
        release_note=new.release_note,
        answers=tuple(sorted(answers, key=lambda a: (order.index(a.turn), a.id))),
        records=tuple(
            change
            for kind in sorted({*old.records, *new.records})
            for change in _records(kind, old.records.get(kind, {}), new.records.get(kind, {}))
        ),
    )


def _answer(key: str, old: AnswerMark | None, new: AnswerMark | None) -> AnswerChange:
    known = new or old
    if known is None:  # pragma: no cover - the caller takes keys from the two maps
        raise KeyError(key)
    if old is None or new is None:
        return AnswerChange(key, known.short, "new" if new else "dropped", (), old, new)
    turned = tuple(
        FieldChange(name, a, b)
        for name, a, b in zip(
            ("status", "certainty", "direction", "size against the minimal difference"),
            old.conclusion,
            new.conclusion,
            strict=True,
        )
        if a != b
    )
    moved = tuple(_moved(old, new))
    turn: Turn = "flipped" if turned else "moved" if moved else "unchanged"
    return AnswerChange(key, new.short, turn, (*turned, *moved), old, new)


def _moved(old: AnswerMark, new: AnswerMark) -> Iterator[FieldChange]:
    for layer in sorted({*old.layers, *new.layers}):
        a, b = old.layers.get(layer, 0), new.layers.get(layer, 0)
        if a != b:
            yield FieldChange(f"layers.{layer}", a, b)
    if old.people != new.people:
        yield FieldChange("people", old.people, new.people)
    if set(old.trials) != set(new.trials):
        yield FieldChange("trials", sorted(old.trials), sorted(new.trials))
    yield from _headline(old.headline, new.headline)
    for name in ("ask", "plain", "size", "harm"):
        if getattr(old, name) != getattr(new, name):
            yield FieldChange(name, getattr(old, name), getattr(new, name))


def _headline(old: Headline | None, new: Headline | None) -> Iterator[FieldChange]:
    if old is None or new is None:
        if old is not new:
            yield FieldChange(
                "headline", old.model_dump() if old else None, new.model_dump() if new else None
            )
        return
    for name in ("outcome", "comparator", "kind", "measure", "unit", "k", "people"):
        if getattr(old, name) != getattr(new, name):
            yield FieldChange(f"headline.{name}", getattr(old, name), getattr(new, name))
    width = [
        h.ci_upper - h.ci_lower
        for h in (old, new)
        if h.ci_lower is not None and h.ci_upper is not None
    ]
    for name in ("estimate", "ci_lower", "ci_upper"):
        a, b = getattr(old, name), getattr(new, name)
        if a == b:
            continue
        if a is None or b is None or abs(a - b) > _threshold(a, b, width):
            yield FieldChange(f"headline.{name}", a, b)


def _threshold(a: float, b: float, widths: list[float]) -> float:
    if widths:
        return _MATERIAL * sum(widths) / len(widths)
    return _RELATIVE * max(abs(a), abs(b))


def _records(
    kind: str, old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Iterator[RecordChange]:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        label = _label(kind, key, after or before or {})
        if before is None:
            yield RecordChange(kind, key, label, "added", "new")
        elif after is None:
            yield RecordChange(kind, key, label, "removed", "gone")
        elif before != after:
            fields = tuple(_fields(before, after))
            if fields:
                yield RecordChange(kind, key, label, "changed", _why(before, after), fields)


def _label(kind: str, key: str, record: Mapping[str, Any]) -> str:
    if kind == "studies":
        author = record.get("first_author") or key
        return f"{author} {record['year']}" if record.get("year") else str(author)
    if kind == "trials":
        return key
    for name in ("ask", "label"):
        if isinstance(record.get(name), str):
            return str(record[name])
    return key


def _fields(old: Any, new: Any, path: str = "") -> Iterator[FieldChange]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _fields(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(old, list) and isinstance(new, list):
        if _plain_list(old) and _plain_list(new):
            if old != new:
                yield FieldChange(path, old, new)
            return
        for i in range(max(len(old), len(new))):
            a = old[i] if i < len(old) else None
            b = new[i] if i < len(new) else None
            yield from _fields(a, b, f"{path}[{i}]")
    elif old != new:
        yield FieldChange(path, old, new)


def _plain_list(values: list[Any]) -> bool:
    return not any(isinstance(v, Mapping | list) for v in values)


def _why(old: Mapping[str, Any], new: Mapping[str, Any]) -> Why:
    for name in _SEEN:
        if _text(new.get(name)) > _text(old.get(name)) != "":
            return "newly seen"
    if _DEPTH.get(_text(new.get("read")), 0) > _DEPTH.get(_text(old.get("read")), 9):
        return "read further"
    if len(new.get("disagreements") or ()) > len(old.get("disagreements") or ()):
        return "contradiction found"
    return "corrected"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
