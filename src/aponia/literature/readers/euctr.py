"""EU Clinical Trials Register "full details" text: a block for each country of each trial."""

from __future__ import annotations

import re
from functools import partial

from aponia.literature.readers.guard import guarded
from aponia.literature.readers.identifiers import registrations, year_of
from aponia.literature.readers.text import clean
from aponia.literature.record import Problem, Record

__all__ = ["read_euctr"]

_START = re.compile(r"^\s*EudraCT Number:\s*(\d{4}-\d{6}-\d{2})", re.IGNORECASE)
_CODED = re.compile(r"^([A-Z]\.[\d.]*(?:\s+and\s+[A-Z]\.[\d.]+)?)\s+(.*)$")
_HEADING = re.compile(r"^(?:[A-Z]\. [A-Z].*|Summary|D\.IMP: ?\d+|Sponsor \d+|P\. .*)$")
_SUMMARY = frozenset({
    "EudraCT Number", "Sponsor's Protocol Code Number", "National Competent Authority",
    "Clinical Trial Type", "Trial Status", "Link",
    "Date on which this record was first entered in the EudraCT database",
})  # fmt: skip


def _values(lines: list[str]) -> dict[str, list[str]]:
    """Split ``code label: value`` lines; a line that starts no field continues the one above."""
    out: dict[str, list[str]] = {}
    key = ""
    for line in lines:
        text = line.rstrip("\r")
        stripped = text.strip()
        coded = _CODED.match(stripped)
        name, separator, value = stripped.partition(":")
        if coded and ":" in stripped:
            label, value = _split_label(coded.group(2))
            key = f"{coded.group(1).rstrip('.')} {label}"
            out.setdefault(key, []).append(value.strip())
        elif separator and name in _SUMMARY:
            key = name
            out.setdefault(key, []).append(value.strip())
        elif not stripped or _HEADING.match(stripped):
            key = key if not stripped else ""
        elif key:
            out[key][-1] = f"{out[key][-1]}\n{stripped}".strip()
        else:
            out.setdefault("", []).append(stripped)
    return out


def _split_label(text: str) -> tuple[str, str]:
    """Split at the colon that ends the label, not one inside it: ``Title …, i.e. non-technical, language:``; never ``://``."""
    found = re.search(r":(?!//)(?:\s|$)", text)
    if not found:
        label, _, value = text.partition(":")
        return clean(label), value
    return clean(text[: found.start()]), text[found.end() :]


def read_euctr(text: str, file: str) -> tuple[list[Record], list[Problem]]:
    """Read the trials; the countries' blocks of one trial become one record.

    English values come first; other languages and further countries stay in ``raw`` under
    their own key.
    """
    lines = text.split("\n")
    starts = [n for n, line in enumerate(lines) if _START.match(line)]
    problems: list[Problem] = []
    for place, line in enumerate(lines[: starts[0] if starts else 0], start=1):
        stripped = line.strip()
        if (
            stripped
            and stripped != "Summary"
            and not stripped.startswith("This file contains full details")
        ):
            problems.append(
                Problem(
                    file, place, f"line outside any trial left out: {stripped[:60]!r}", lost=True
                )
            )
    blocks: dict[str, list[tuple[int, dict[str, list[str]]]]] = {}
    for position, start in enumerate(starts):
        stop = starts[position + 1] if position + 1 < len(starts) else len(lines)
        found = _START.match(lines[start])
        assert found is not None
        blocks.setdefault(found.group(1), []).append((start + 1, _values(lines[start:stop])))
    records = []
    for trial, parts in blocks.items():
        merged: dict[str, list[str]] = {}
        for _, values in parts:
            for key, texts in values.items():
                known = merged.setdefault(key, [])
                known.extend(t for t in texts if t and t not in known)
        make = partial(_record, trial, parts[0][0], merged)
        records.append(guarded(make, file, parts[0][0], problems, partial(str, merged)))
    return records, problems


def _record(number: str, line: int, values: dict[str, list[str]]) -> Record:
    def by_code(code: str, *, english: bool = True) -> str:
        for key, texts in values.items():
            head, _, label = key.partition(" ")
            if head == code and texts and (not english or not re.search(r"\([a-z]{2}\)$", label)):
                return clean(texts[0])
        return by_code(code, english=False) if english else ""

    titles = [t for c in ("A.3", "A.3.1", "A.3.2") if (t := by_code(c))]
    conditions = [
        clean(t)
        for k, v in values.items()
        if k.startswith("E.1.1 ") and not k.endswith(")")
        for t in v
    ]
    products = [
        clean(t)
        for k, v in values.items()
        if k.split(" ")[0] in {"D.3.1", "D.3.8", "D.2.1.1.1"}
        for t in v
        if t
    ]
    parts = [
        ("Conditions", "; ".join(conditions)), ("Products", "; ".join(dict.fromkeys(products))),
        ("Main objective", by_code("E.2.1")), ("Secondary objectives", by_code("E.2.2")),
        ("Inclusion", by_code("E.3")), ("Exclusion", by_code("E.4")),
        ("Primary end points", by_code("E.5.1")), ("Secondary end points", by_code("E.5.2")),
    ]  # fmt: skip
    numbers = tuple(dict.fromkeys([number, *registrations(t for v in values.values() for t in v)]))
    entered = values.get(
        "Date on which this record was first entered in the EudraCT database", [""]
    )
    raw = {k or "text": tuple(c for t in v if (c := clean(t))) for k, v in values.items()}
    return Record(
        id=number,
        title=titles[0] if titles else "",
        abstract=" ".join(f"{name}: {text.rstrip('.')}." for name, text in parts if text),
        authors=tuple(
            dict.fromkeys(t for k, v in values.items() if k.startswith("B.1.1 ") for t in v if t)
        ),
        year=year_of(min(entered)) if entered and entered[0] else year_of(number),
        journal="EU Clinical Trials Register",
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys([*conditions, *products])),
        types=("Trial Registration",),
        registrations=numbers,
        url=next(iter(values.get("Link", [])), ""),
        source="EUCTR",
        line=line,
        raw={k: v for k, v in raw.items() if v},
    )
