"""What's new: version by version, which answer flipped, what was added, changed or corrected."""

from __future__ import annotations

import itertools
from typing import Any

from aponia.answers import Changes, Snapshot, compare, past_snapshots, snapshot
from aponia.answers.changes import AnswerChange, RecordChange
from aponia.answers.changes_words import (
    answer_words,
    changes_dict,
    quoted,
    record_words,
    summary_words,
)
from aponia.evidence import TABLES
from aponia.site.dates import is_overdue, written_date
from aponia.site.render import Page
from aponia.site.views.common import World

__all__ = ["news_data", "news_page", "overdue_questions", "versions_of"]

#: A field of a record longer than this is named, not shown.
_LONG = 160
#: Rows of one table listed one by one; more are counted.
_LISTED = 12
#: Changed values listed for one record.
_FIELDS = 8


def versions_of(world: World) -> tuple[Changes, ...]:
    """Return what changed with each version, latest first; empty when no past version is kept."""
    past = past_snapshots(world.base)
    whole = (*past, snapshot(world.base, world.answers))
    return tuple(compare(a, b) for a, b in itertools.pairwise(whole))[::-1]


def overdue_questions(world: World) -> list[dict[str, str]]:
    """Return questions whose next update was due before the day of the build, longest ago first."""
    late = [
        (str(a.dates["next_due"]), a)
        for a in world.answers.values()
        if is_overdue(a.dates["next_due"], world.today)
    ]
    return [
        {"id": a.id, "ask": a.ask, "href": f"../questions/{a.id}.html", "due": due}
        for due, a in sorted(late, key=lambda item: (item[0], item[1].id))
    ]


def news_page(world: World, changes: tuple[Changes, ...]) -> Page:
    """Return the page of changes.

    Parameters
    ----------
    world : World
    changes : tuple of Changes
        From `versions_of`.
    """
    first = past_snapshots(world.base)[:1]
    late = overdue_questions(world)
    return Page(
        path="whats-new/index.html",
        template="whats_new.html",
        title="What’s new",
        description="What changed between versions of the evidence: which answers flipped, what was added and what was corrected.",
        nav="whats-new",
        patient=True,
        context={
            "versions": [_version(world, c) for c in changes],
            "first": _first(first[0]) if first else None,
            "overdue": [{**q, "due": written_date(q["due"])} for q in late],
            "total": len(world.answers),
            "today": written_date(world.today),
            "feed": "../feed.xml",
        },
    )


def news_data(world: World, changes: tuple[Changes, ...]) -> dict[str, Any]:
    """Return the data twin of the page: every change, also those the page only counts."""
    return {
        "built": world.today,
        "overdue": overdue_questions(world),
        "versions": [changes_dict(c) for c in changes],
    }


def _first(taken: Snapshot) -> dict[str, Any]:
    return {
        "version": taken.version,
        "released": written_date(taken.released),
        "questions": len(taken.answers),
        "studies": len(taken.records.get("studies", {})),
        "trials": len(taken.records.get("trials", {})),
    }


def _version(world: World, changes: Changes) -> dict[str, Any]:
    tables = [
        found
        for kind in sorted({r.kind for r in changes.records})
        if kind not in ("studies", "trials", "questions")
        and (found := _group(world, kind, changes.records_of(kind)))
    ]
    return {
        "version": changes.new_version,
        "before": changes.old_version,
        "released": written_date(changes.new_released),
        "summary": summary_words(changes),
        "same_engine": changes.same_engine,
        "notes": changes.notes,
        "note": changes.release_note or "",
        "flipped": [_answer(world, a) for a in changes.of("flipped")],
        "fresh": [_answer(world, a) for a in changes.of("new", "dropped")],
        "moved": [_answer(world, a) for a in changes.of("moved")],
        "studies": _group(world, "studies", changes.records_of("studies")),
        "trials": _group(world, "trials", changes.records_of("trials")),
        "questions": _group(world, "questions", changes.records_of("questions")),
        "tables": tables,
    }


def _answer(world: World, change: AnswerChange) -> dict[str, Any]:
    before, after = quoted(change)
    old, new = change.old, change.new
    mark = new or old
    return {
        "ask": mark.ask if mark else change.id,
        "href": f"../questions/{change.id}.html" if change.id in world.answers else "",
        "words": answer_words(change),
        "old": {"level": old.certainty, "sentences": before} if old else None,
        "new": {"level": new.certainty, "sentences": after} if new else None,
    }


def _group(world: World, kind: str, records: tuple[RecordChange, ...]) -> dict[str, Any] | None:
    if not records:
        return None
    by = {verb: [r for r in records if r.verb == verb] for verb in ("added", "removed", "changed")}
    name = {"terms": "Vocabulary"}.get(kind, kind.replace("_", " ").capitalize())
    listed = {
        verb: [_record(world, r) for r in found]
        for verb, found in by.items()
        if kind in ("studies", "trials", "questions") or len(found) <= _LISTED
    }
    return {
        "name": name,
        "counts": ", ".join(f"{len(found)} {verb}" for verb, found in by.items() if found),
        "href": f"../data/{kind}.csv" if kind in TABLES else "",
        "listed": [
            item for verb in ("removed", "changed", "added") for item in listed.get(verb, [])
        ],
    }


def _record(world: World, change: RecordChange) -> dict[str, Any]:
    hrefs = {
        "studies": f"../studies/{change.id}.html" if change.id in world.base.studies else "",
        "trials": f"../trials/{change.id}.html" if change.id in world.base.trials else "",
        "questions": f"../questions/{change.id}.html" if change.id in world.answers else "",
        # Its rows carry the ids of studies.
        "mechanism_index": f"../studies/{change.id}.html"
        if change.id in world.base.studies
        else "",
    }
    study = world.base.studies.get(change.id)
    fields = [
        {"field": f.field.replace("_", " "), "old": old, "new": new}
        for f in change.fields
        for old, new in [_sides(f.old, f.new)]
    ]
    return {
        "label": study.label if study else change.label,
        "href": hrefs.get(change.kind, ""),
        "words": record_words(change),
        "fields": fields[:_FIELDS],
        "more": max(0, len(fields) - _FIELDS),
    }


def _sides(old: Any, new: Any) -> tuple[str, str]:
    """Show both sides of a change; of two lists only what one has and the other has not."""
    if isinstance(old, list) and isinstance(new, list):
        left, went = [v for v in old if v not in new], [v for v in new if v not in old]
        if left or went:
            return (f"without {_shown(went)}" if went and not left else _shown(left)), (
                f"with {_shown(went)}" if went else f"without {_shown(left)}"
            )
    return _shown(old), _shown(new)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        text = ", ".join(str(v) for v in value)
    else:
        text = "a record" if isinstance(value, dict) else str(value)
    return text if len(text) <= _LONG else f"{text[: _LONG - 1].rsplit(' ', 1)[0]} …"
