"""The checker: an evidence base made ready once, then any number of claims and articles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from aponia.answers import Answer
from aponia.claims.article import MOST_CLAIMS, candidates, on_subject
from aponia.claims.clauses import clauses
from aponia.claims.extract import Block, Page, clean, extract
from aponia.claims.language import foreign_blocks, language
from aponia.claims.missing import missing
from aponia.claims.model import WORST_FIRST, ArticleCheck, CheckedClaim, Reading, Verdict
from aponia.claims.page import MAX_CHARACTERS
from aponia.claims.reading import Context, Reader
from aponia.claims.records import Records
from aponia.claims.sentences import sentences
from aponia.claims.verdict import judge
from aponia.evidence import EvidenceBase

__all__ = ["Checker"]


_NOTHING = "Nothing here could be checked: no claim about these drugs and pain was found."
_NOT_PAIN = (
    "This is not about pain: only what the base holds on the drugs themselves could be compared."
)


def _foreign_note(foreign: Mapping[int, str]) -> str:
    """Say which part of a mixed page was left out."""
    names = " and ".join(sorted(set(foreign.values())))
    part = "One paragraph looks" if len(foreign) == 1 else f"{len(foreign)} paragraphs look"
    return f"{part} like {names} and could not be checked; only English can."


class Checker:
    """Checks claims and articles against an evidence base.

    Parameters
    ----------
    base : EvidenceBase
    answers : mapping of str to Answer, optional
        From `aponia.answers.answer_all`, when they exist already.
    """

    def __init__(self, base: EvidenceBase, answers: Mapping[str, Answer] | None = None) -> None:
        self.base = base
        self.records = Records(base, answers)
        self.reader = Reader(base)

    def _on_subject(self, text: str) -> bool:
        terms = self.reader.terms(text)
        return bool(terms.substances or terms.conditions or "pain" in text.lower())

    def claim(self, text: str, context: Context | None = None) -> tuple[Reading, Verdict]:
        """Check one claim that stands alone.

        Parameters
        ----------
        text : str
            A sentence. Sentences beside it that are about something else are passed over.
        context : Context, optional
            What it inherits from an article.

        Returns
        -------
        (Reading, Verdict)
        """
        text = " ".join(clean(text).split())[:4000]
        found = []
        for part in self._statements(text):
            reading = self.reader.read(part, context)
            verdict = judge(self.records, reading)
            if verdict.claim_type is not None:
                reading = replace(
                    reading,
                    claim_type=verdict.claim_type,
                    direction=verdict.direction or reading.direction,
                )
            found.append((reading, verdict))
        reading, verdict = min(found, key=lambda x: WORST_FIRST.index(x[1].name))
        return (reading if len(found) == 1 else replace(reading, text=text)), verdict

    def _statements(self, text: str) -> list[str]:
        """Split a claim into its statements: what names no drug and no pain is passed over.

        A claim of two statements is as good as the worse of them, whichever comes first.
        """
        split = sentences(Page(None, text, (Block(0, len(text), "p"),)))
        if len(split) > 1:
            own = [s for s in split if self._on_subject(s.text)]
            split = own or split
        parts: list[str] = []
        for s in split:
            pieces = clauses(s)
            drugs = self.reader.substances(s.text)[0]
            apart = len(pieces) > 1 and all(
                any(a - s.start <= h.start and h.end <= b - s.start for h in drugs)
                or self.reader.terms(t).approach != "none"
                for a, b, t in pieces
            )
            parts += [t for _, _, t in pieces] if apart else [s.text]
        with_drug = [p for p in parts if self.reader.terms(p).substances]
        if not with_drug or len(with_drug) == len(parts):
            return parts or [text]
        # a sentence without a drug beside one with a drug belongs to it
        return [text] if len(split) == 1 else with_drug

    def article(self, source: bytes | str, name: str = "") -> ArticleCheck:
        """Check a whole article.

        Parameters
        ----------
        source : bytes or str
            HTML, Markdown, PDF or text.
        name : str
            File name, which may help to tell the kind.

        Returns
        -------
        ArticleCheck
            With a note, and without claims, when there is nothing to check.
        """
        return self.page(extract(source, name))

    def page(self, page: Page) -> ArticleCheck:
        """Check an article that was extracted already."""
        headings = tuple((b.start, b.end) for b in page.blocks if b.kind == "heading")
        empty = ArticleCheck(page.title, page.text, 0, (), (), headings=headings)
        if not page.blocks or not re.search(r"[^\W\d_]", page.text):
            return replace(empty, note="There is no text to check.")
        foreign = foreign_blocks(page)
        split = sentences(page, frozenset(foreign))
        empty = replace(empty, sentences=len(split))
        spoken = language(page.text)
        if not split or (spoken not in ("English", None) and len(foreign) * 2 >= len(page.blocks)):
            name = spoken or next(iter(foreign.values()), "another language")
            return replace(
                empty,
                note=f"This text looks like {name}; only English can be checked.",
            )
        if not on_subject(self.reader, split):
            return replace(empty, note=_NOTHING)
        found = []
        known: dict[tuple[str, Context], tuple[Reading, Verdict]] = {}
        picked = candidates(self.reader, split, page.title)
        for c in picked:
            key = (c.reading_text, c.context)
            if key not in known:
                known[key] = self.claim(*key)
            reading, verdict = known[key]
            found.append(
                CheckedClaim(
                    c.sentence,
                    c.start,
                    c.end,
                    page.text[c.start : c.end],
                    reading,
                    verdict,
                    c.attribution,
                )
            )
        pain = any(c.reading.conditions for c in found) or re.search(
            r"\bpain|\bache|headache|migraine|analges", page.text, re.IGNORECASE
        )
        judged = any(c.verdict.name not in ("unverified", "not-checkable") for c in found)
        if not found or not (pain or judged):
            return replace(empty, note=_NOTHING)
        notes = [] if pain else [_NOT_PAIN]
        if len(found) >= MOST_CLAIMS:
            notes.append(f"Only the first {MOST_CLAIMS:,} claims were checked.")
        elif len(page.text) > MAX_CHARACTERS - 2_000:
            notes.append(f"Only the first {MAX_CHARACTERS:,} characters were read.")
        if foreign:
            notes.append(_foreign_note(foreign))
        checked = replace(empty, claims=tuple(found), note=" ".join(notes) or None)
        if not pain:
            return checked
        return replace(checked, missing=missing(self.records, checked))

    def batch(self, lines: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """Check claims given as ``{"id": …, "claim": …}``.

        Parameters
        ----------
        lines : iterable of mapping

        Yields
        ------
        dict
            One line of the batch output.

        Raises
        ------
        ValueError
            A line without a claim.
        """
        for number, line in enumerate(lines, 1):
            text = line.get("claim")
            if not isinstance(text, str):
                raise ValueError(f'line {number} has no text under "claim"')
            reading, found = self.claim(text)
            yield {
                "id": line.get("id", number),
                "verdict": found.name,
                "claim_type": reading.claim_type,
                "substances": list(found.substances or reading.substances),
                "condition": found.condition or reading.condition,
                "approach": found.approach or reading.approach,
                "direction": reading.direction,
                "certainty_wording": reading.certainty_wording,
                "issues": list(found.issues),
                "evidence": [{"id": e.id, "shows": e.shows, "url": e.url} for e in found.evidence],
                "explanation": found.explanation,
                "question": found.question,
            }
