"""One version of the base and its answers, small enough to keep for good.

In: a base and its answers. Out: a `Snapshot`, a compact versioned JSON that holds every record as it
stood and, of every answer, what a reader took away: sentences, certainty, direction, headline
numbers. `aponia.answers.changes` compares two of them. Past versions stand in the base itself, in
``releases/<version>.json.gz``; the version that is current is never read from there, so nothing
depends on itself.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from aponia import __version__
from aponia.answers.model import Answer, Synthesis
from aponia.evidence import TABLES, EvidenceBase
from aponia.evidence.tracing import plain

__all__ = [
    "SCHEMA",
    "AnswerMark",
    "Headline",
    "Printed",
    "Snapshot",
    "SnapshotError",
    "conclusion_changed",
    "mark_of",
    "past_snapshots",
    "read_snapshot",
    "snapshot",
    "write_snapshot",
]

#: Version of the format; a reader refuses one it does not know.
SCHEMA = 1
#: Unpacked; the first base takes 1.5 MB.
_MAX_BYTES = 128_000_000


class SnapshotError(ValueError):
    """A snapshot that can not be read; the message names the place and what was expected."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Headline(_Kept):
    """The numbers an answer stands on; on the natural scale of `measure`, None where there is none."""

    outcome: str
    label: str
    comparator: str
    kind: str
    measure: str | None
    unit: str | None
    k: int
    people: int
    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    size: Literal["none", "within", "beyond", "not judged"]
    """Size of the estimate against a minimal difference between groups, where the base has one."""


class Printed(_Kept):
    """What a version really printed, when a later engine made its snapshot."""

    plain: str
    size: str
    harm: str


class AnswerMark(_Kept):
    """What a reader takes away from one answer.

    Attributes
    ----------
    layers : dict
        Number of studies by layer of design.
    people : int
        In all layers but animals.
    printed : Printed or None
        The sentences as published, where they differ from those the engine of the snapshot makes.
    """

    ask: str
    short: str
    status: str
    certainty: str
    direction: str
    plain: str
    size: str
    harm: str
    people: int
    layers: dict[str, int]
    trials: tuple[str, ...]
    headline: Headline | None
    printed: Printed | None = None

    @property
    def conclusion(self) -> tuple[str, str, str, str]:
        """Status, certainty, direction and size: an answer flips when one of them turns."""
        size = self.headline.size if self.headline else "none"
        return self.status, self.certainty, self.direction, size


class Snapshot(_Kept):
    """One version of the base and its answers.

    Attributes
    ----------
    format : int
        Version of this format.
    version, released : str
        Of the base.
    digest : str
        Of the base, SHA-256.
    made_with : str
        Version of the engine that answered the questions.
    note : str or None
        Anything a comparison should say.
    release_note : str or None
        What the version itself said of its changes.
    records : dict
        Kind (studies, trials, questions, terms, appraisals, a table) to id to the whole record.
    answers : dict
        Question id to what it said.
    """

    format: Literal[1] = 1
    version: str
    released: str | None
    digest: str
    made_with: str
    note: str | None = None
    release_note: str | None = None
    records: dict[str, dict[str, dict[str, Any]]]
    answers: dict[str, AnswerMark]


def snapshot(
    base: EvidenceBase,
    answers: Mapping[str, Answer],
    *,
    note: str | None = None,
    printed: Mapping[str, Printed] | None = None,
) -> Snapshot:
    """Take a snapshot of a base and its answers.

    Parameters
    ----------
    base : EvidenceBase
    answers : mapping of str to Answer
        From `aponia.answers.answer_all`.
    note : str, optional
        Anything a comparison should say.
    printed : mapping of str to Printed, optional
        Sentences as they were published, by question, when another engine wrote them.

    Returns
    -------
    Snapshot
    """
    said = printed or {}
    vocabulary = base.vocabulary
    records: dict[str, dict[str, dict[str, Any]]] = {
        "studies": {k: plain(v) for k, v in base.studies.items()},
        "trials": {k: plain(v) for k, v in base.trials.items()},
        "questions": {k: plain(v) for k, v in base.questions.items()},
        "appraisals": {k: plain(v) for k, v in base.appraisals.items()},
        "terms": {
            f"{kind}/{term.id}": plain(term)
            for kind in type(vocabulary).model_fields
            for term in getattr(vocabulary, kind)
        },
        **{name: {r.id: plain(r) for r in base.table(name)} for name in TABLES},
    }
    return Snapshot(
        version=base.release.version if base.release else "unversioned",
        released=base.released,
        digest=base.digest,
        made_with=__version__,
        note=note,
        release_note=base.release.note if base.release else None,
        records=records,
        answers={k: mark_of(a, said.get(k)) for k, a in answers.items()},
    )


def mark_of(answer: Answer, printed: Printed | None = None) -> AnswerMark:
    """Return what a reader takes away from an answer."""
    words = answer.sentences
    return AnswerMark(
        ask=answer.ask,
        short=answer.short,
        status=answer.status,
        certainty=answer.certainty.level,
        direction=answer.direction,
        plain=words.plain,
        size=words.size,
        harm=words.harm,
        people=answer.people,
        layers={x.layer.value: len(x.studies) for x in answer.layers},
        trials=tuple(answer.trials),
        headline=_headline(answer.headline) if answer.headline else None,
        printed=printed,
    )


def _headline(found: Synthesis) -> Headline:
    return Headline(
        outcome=found.construct,
        label=found.label,
        comparator=found.comparator,
        kind=found.kind,
        measure=found.measure,
        unit=found.unit,
        k=found.k,
        people=found.people,
        estimate=_rounded(found.estimate),
        ci_lower=_rounded(found.ci_lower),
        ci_upper=_rounded(found.ci_upper),
        size=_size(found),
    )


def _rounded(value: float) -> float | None:
    """Six figures: far more than is printed, and the same on every machine."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _size(found: Synthesis) -> Literal["none", "within", "beyond", "not judged"]:
    if not math.isfinite(found.estimate):
        return "none"
    if found.mid is None or not found.mid_between:
        return "not judged"
    return "within" if abs(found.estimate - found.null) < found.mid else "beyond"


def write_snapshot(taken: Snapshot) -> bytes:
    """Return a snapshot as gzipped JSON, the same bytes for the same content."""
    text = json.dumps(
        taken.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, packed, mtime=0) as file:
        file.write(text.encode())
    return packed.getvalue()


@lru_cache(maxsize=64)
def read_snapshot(data: bytes, name: str = "snapshot") -> Snapshot:
    """Read a snapshot from JSON, gzipped or not.

    Parameters
    ----------
    data : bytes
    name : str
        Place, for the message of an error.

    Returns
    -------
    Snapshot

    Raises
    ------
    SnapshotError
        When it is not gzipped JSON of a known format, or unpacks to more than 128 MB.
    """
    try:
        text = _unpacked(data) if data[:2] == b"\x1f\x8b" else data
    except (zlib.error, EOFError) as error:
        raise SnapshotError(
            f"{name}: broken gzip ({error}); expected JSON or gzipped JSON"
        ) from None
    if len(text) > _MAX_BYTES:
        raise SnapshotError(f"{name}: more than {_MAX_BYTES // 1_000_000} MB; expected a snapshot")
    try:
        return Snapshot.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"]) or "the file"
        raise SnapshotError(
            f"{name}: {place}: {first['msg']}; expected a snapshot of format {SCHEMA} "
            "(made by `aponia evidence snapshot`)"
        ) from None


def _unpacked(data: bytes) -> bytes:
    packed = zlib.decompressobj(wbits=31)
    text = packed.decompress(data, _MAX_BYTES + 1)
    if len(text) <= _MAX_BYTES and not packed.eof:
        raise EOFError("cut short")
    return text


def past_snapshots(base: EvidenceBase) -> tuple[Snapshot, ...]:
    """Return the versions before the present one, oldest first.

    Parameters
    ----------
    base : EvidenceBase

    Returns
    -------
    tuple of Snapshot

    Raises
    ------
    SnapshotError
        When a file of ``releases/`` can not be read or names another version than its content.
    """
    found = []
    for version, data in base.releases.items():
        name = f"releases/{version}.json.gz"
        taken = read_snapshot(data, name)
        if taken.version != version:
            raise SnapshotError(f"{name}: holds version {taken.version!r}; expected {version!r}")
        if base.release is None or version != base.release.version:
            found.append(taken)
    return tuple(found)


def conclusion_changed(base: EvidenceBase, answer: Answer) -> str | None:
    """Return the day of the version since which an answer has concluded the same.

    Parameters
    ----------
    base : EvidenceBase
    answer : Answer

    Returns
    -------
    str or None
        Day of the base itself when the last version concluded otherwise, or there is none.
    """
    since = base.released
    now = mark_of(answer).conclusion
    for taken in reversed(past_snapshots(base)):
        mark = taken.answers.get(answer.id)
        if mark is None or mark.conclusion != now:
            break
        since = taken.released
    return since
