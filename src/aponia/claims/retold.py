"""A claim that turns one sentence or table row of the base round, when no rule of its type reaches it.

The nearest sentence of a record about the same drug is found by content words. A claim whose words it
mostly holds is refuted where direction, order or number differ. Words alone never support a claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from aponia.answers import Layer
from aponia.claims.model import EvidenceItem, Magnitude, Reading, Verdict
from aponia.claims.numbers import magnitudes
from aponia.claims.polarity import opposes
from aponia.claims.records import Records
from aponia.claims.stopwords import FUNCTION_WORDS
from aponia.claims.telling import item
from aponia.claims.terms import stem, tokens

__all__ = ["judge_retold"]

#: Share of a claim's content words the record must hold.
_REFUTE = 0.75
_FEWEST = 4


@dataclass(frozen=True)
class _Told:
    """One sentence of the base with the words that stand around it."""

    text: str
    words: frozenset[str]
    stems: frozenset[str]
    drugs: frozenset[str]
    animal: bool
    evidence: EvidenceItem


def judge_retold(records: Records, reading: Reading) -> Verdict | None:
    """Refute a claim by the one sentence of the base that it retells otherwise; None when there is none.

    Parameters
    ----------
    records : Records
    reading : Reading

    Returns
    -------
    Verdict or None
    """
    lower = reading.text.lower()
    words = _content(lower)
    if len(words) < _FEWEST or reading.certainty == 4 or reading.boosted:
        return None
    wanted = records.widened(reading.substances)
    best: tuple[float, int, _Told] | None = None
    for told in _sentences(records):
        if wanted and not wanted & told.drugs:
            continue
        if told.animal != (reading.population in ("animals", "cells")):
            continue
        shared = words & told.stems
        rank = (len(shared) / len(words), len(words & told.words))
        if best is None or rank > best[:2]:
            best = (*rank, told)
    if best is None or best[0] < _REFUTE or best[1] < 3:
        return None
    told = best[2]
    if opposes(reading.text, [told.text]) is not None:
        return _against(told, "misread-result")
    wrong = _other_number(reading, told)
    if wrong is not None:
        return _against(told, "wrong-number")
    return None


def _against(told: _Told, tag: str) -> Verdict:
    return Verdict(
        "contradicted", f"The record says otherwise: {told.text}", (tag,), (told.evidence,)
    )


def _content(lower: str) -> frozenset[str]:
    return frozenset(
        stem(w)
        for w, _, _ in tokens(lower)
        if w not in FUNCTION_WORDS and len(w) > 2 and not w.isdigit()
    )


def _stands(m: Magnitude, text: str) -> bool:
    """Whether a number of the claim stands in the sentence, in the same unit."""
    return any(
        (o.unit, round(o.value, 2), o.high) == (m.unit, round(m.value, 2), m.high)
        or (o.unit == m.unit and o.high is not None and m.value in (o.value, o.high))
        for o in magnitudes(text)
    )


def _other_number(reading: Reading, told: _Told) -> Magnitude | None:
    """Return a number of the claim for which the sentence prints exactly one other of its kind."""
    printed = magnitudes(told.text)
    for m in reading.magnitudes:
        if m.kind in ("year", "dose") or _stands(m, told.text):
            continue
        same = [o for o in printed if o.unit == m.unit]
        mine = [o for o in reading.magnitudes if o.unit == m.unit]
        if len(same) == 1 and len(mine) == 1 and abs(same[0].value - m.value) > 0.2 * same[0].value:
            return m
    return None


@lru_cache(maxsize=2)
def _sentences(records: Records) -> tuple[_Told, ...]:
    return tuple(_study_sentences(records)) + tuple(_row_sentences(records))


def _study_sentences(records: Records) -> Iterator[_Told]:
    for facts in records.studies:
        study = facts.study
        around = _content(
            f"{study.title} {study.first_author or ''} {study.year or ''} {study.population.description} {study.condition} {study.design}".lower()
        )
        drugs = facts.substances
        note = study.adverse_events.note
        shown = item(facts)
        for text in (*study.findings, *study.limits, *([note] if note else [])):
            words = _content(text.lower())
            yield _Told(
                text,
                words,
                words | around,
                drugs,
                facts.layer is Layer.ANIMALS,
                replace(shown, shows=f"{shown.shows.split(':')[0]}: {text}"),
            )


def _row_sentences(records: Records) -> Iterator[_Told]:
    base = records.base
    for i in base.interactions:
        text = f"{i.drug}: {i.effect}."
        yield _row(records, i.id, text, i.note, i.substances, i.source_url)
    for a in base.adverse_events:
        value = f"{a.value:g} {a.unit}" if a.value is not None and a.unit else a.value_text or ""
        text = f"{a.event}: {value} ({a.population}).".replace(":  (", " (")
        yield _row(records, a.id, text, a.note, a.substances, a.source_url)


def _row(
    records: Records, row: str, text: str, note: str | None, drugs: tuple[str, ...] | str, url: str
) -> _Told:
    ids = (drugs,) if isinstance(drugs, str) else drugs
    said = f"{text} {note or ''}"
    return _Told(
        text,
        _content(text.lower()),
        _content(f"{said} {records.row_texts.get(row, '')}".lower()),
        frozenset(records.widened(tuple(ids))),
        False,
        EvidenceItem(row, text, url),
    )
