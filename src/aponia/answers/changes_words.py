"""What changed, in words: that an answer turned and from what to what, never what a drug does.

Every sentence about an effect is quoted from the snapshots, which have it from
`aponia.answers.wording`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from aponia.answers.changes import AnswerChange, Changes, FieldChange, RecordChange
from aponia.answers.layers import LAYERS, Layer
from aponia.answers.prose import capital, count, lower_first
from aponia.answers.rows import number
from aponia.evidence import TABLES

__all__ = ["answer_words", "changes_dict", "quoted", "record_words", "summary_words"]

_DIRECTION = {
    "benefit": "in favour",
    "harm": "against",
    "no-difference": "little or no difference",
    "unclear": "unclear",
}
_STATUS = {
    "answered": "tested in randomised trials",
    "only-weaker-layers": "no randomised trial that can answer it",
    "animals-only": "animals only",
    "reviews-only": "reviews only",
    "not-covered": "not gathered here yet",
    "not-tested": "nobody has tested this",
}
_SIZE = {
    "none": "no size",
    "within": "within the minimal difference",
    "beyond": "beyond the minimal difference",
    "not judged": "not judged against a minimal difference",
}
_CONCLUSION: dict[str, Mapping[str, str]] = {
    "status": _STATUS,
    "direction": _DIRECTION,
    "size against the minimal difference": _SIZE,
}


def answer_words(change: AnswerChange) -> str:
    """Say what happened to an answer, without saying anything about the effect itself.

    Parameters
    ----------
    change : AnswerChange

    Returns
    -------
    str
        One or two sentences; what the answer says before and after stands in `old` and `new`.
    """
    if change.turn == "new":
        return "This question is new."
    if change.turn == "dropped":
        return "This question is no longer kept."
    turned = [
        f"{f.field} from “{_CONCLUSION.get(f.field, {}).get(f.old, f.old)}” "
        f"to “{_CONCLUSION.get(f.field, {}).get(f.new, f.new)}”"
        for f in change.fields
        if f.field in ("certainty", *_CONCLUSION)
    ]
    moved = [text for f in change.fields if (text := _moved_words(f))]
    said = []
    if turned:
        said.append(f"The answer turned: {'; '.join(turned)}.")
    elif change.turn == "moved":
        said.append("The conclusion is the same.")
    if moved:
        said.append(f"What moved: {'; '.join(moved)}.")
    return " ".join(said)


def _moved_words(field: FieldChange) -> str:
    name, a, b = field.field, field.old, field.new
    if name.startswith("layers."):
        layer = LAYERS[Layer(name.removeprefix("layers."))]
        return f"{lower_first(layer.label)}: {a}, now {b}"
    if name == "people":
        return f"people studied: {a}, now {b}"
    if name == "trials":
        return f"registered trials: {len(a)}, now {len(b)}"
    if name == "headline":
        return "there is a result to lead with now" if a is None else "no result leads it any more"
    if name.startswith("headline."):
        part = name.removeprefix("headline.")
        what = {
            "k": "trials behind the result",
            "people": "people behind the result",
            "estimate": "the estimate",
            "ci_lower": "the lower end of the interval",
            "ci_upper": "the upper end of the interval",
            "outcome": "the outcome it leads with",
            "comparator": "what it is compared with",
            "kind": "how it was brought together",
        }.get(part, f"the {part}")
        return f"{what}: {_value(a)}, now {_value(b)}"
    return {
        "ask": "the question is worded otherwise",
        "plain": "the sentence reads otherwise",
        "size": "the sentence about size reads otherwise",
        "harm": "the sentence about harm reads otherwise",
    }.get(name, "")


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return number(value, 2)
    return str(value).replace("-", " ")


def quoted(change: AnswerChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what an answer said before and says now: the sentences that differ, the first otherwise.

    Parameters
    ----------
    change : AnswerChange

    Returns
    -------
    (tuple of str, tuple of str)
        As printed by either version; empty on the side where there is no answer.
    """
    told = [m.printed or m if m else None for m in (change.old, change.new)]
    if told[0] is None or told[1] is None:
        return tuple((t.plain,) if t else () for t in told)  # type: ignore[return-value]
    names = [n for n in ("plain", "size", "harm") if getattr(told[0], n) != getattr(told[1], n)]
    before, after = (tuple(str(getattr(t, n)) for n in names or ["plain"]) for t in told)
    return before, after


def record_words(change: RecordChange) -> str:
    """Say what happened to a record.

    Parameters
    ----------
    change : RecordChange

    Returns
    -------
    str
        A clause without values of sources, which a page quotes as such.
    """
    if change.verb != "changed":
        return change.verb
    fields = sorted({f.field.split("[")[0].split(".")[0].replace("_", " ") for f in change.fields})
    why = {
        "newly seen": "looked at again on a later day",
        "read further": "more of the source was read",
        "contradiction found": "sources were found to disagree",
        "corrected": "corrected",
    }.get(change.why, change.why)
    return f"{why}: {', '.join(fields)}"


def summary_words(changes: Changes) -> str:
    """Say in two or three sentences what a reader of the last version should know.

    Parameters
    ----------
    changes : Changes

    Returns
    -------
    str
        Begins with whether an answer flipped.
    """
    flipped, new, moved = (len(changes.of(t)) for t in ("flipped", "new", "moved"))
    first = f"{capital(count(flipped, 'answer'))} flipped." if flipped else "No answer flipped."
    parts = []
    if new:
        parts.append(count(new, "new question"))
    if moved:
        parts.append(f"{count(moved, 'answer')} moved without a change of conclusion")
    for kind, one in (("studies", "study"), ("trials", "registered trial")):
        parts += list(_tally(changes.records_of(kind), one))
    for kind, one in (("appraisals", "appraisal"), ("terms", "vocabulary term")):
        parts += list(_tally(changes.records_of(kind), one))
    parts += list(_tally((r for r in changes.records if r.kind in TABLES), "table row"))
    if not parts:
        return first
    text = ", ".join(parts)
    return f"{first} {capital(text)}."


def _tally(records: Iterable[RecordChange], one: str) -> Iterator[str]:
    many = {"study": "studies"}.get(one)
    found = list(records)
    for verb in ("added", "removed", "changed"):
        n = sum(r.verb == verb for r in found)
        if n:
            yield f"{count(n, one, many) if many else count(n, one)} {verb}"


def changes_dict(changes: Changes) -> dict[str, Any]:
    """Return JSON-safe values, each change with its words.

    Parameters
    ----------
    changes : Changes
    """
    return {
        "old": {"version": changes.old_version, "released": changes.old_released},
        "new": {"version": changes.new_version, "released": changes.new_released},
        "same_engine": changes.same_engine,
        "notes": list(changes.notes),
        "release_note": changes.release_note,
        "summary": summary_words(changes),
        "answers": [
            {
                "id": a.id,
                "short": a.short,
                "turn": a.turn,
                "words": answer_words(a),
                "fields": [asdict(f) for f in a.fields],
                "old": a.old.model_dump(mode="json") if a.old else None,
                "new": a.new.model_dump(mode="json") if a.new else None,
            }
            for a in changes.answers
        ],
        "records": [{**asdict(r), "words": record_words(r)} for r in changes.records],
    }
