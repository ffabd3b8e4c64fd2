"""What must hold between a row of ``mechanism_findings`` and the study it points into."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from aponia.evidence.base import EvidenceBase
from aponia.evidence.context import MechanismFinding
from aponia.evidence.problems import Problem
from aponia.evidence.study import Outcome, Study

__all__ = ["finding_problems", "pointed_at"]

_FILE = "mechanism_findings.csv"
_PART = re.compile(r"(outcomes|findings)\[(\d+)\]")
_ANIMAL_LINKS = frozenset({"animals", "animals-pain"})


def pointed_at(study: Study, part: str) -> Outcome | str | None:
    """Give the outcome or the finding a row points at.

    Parameters
    ----------
    study : Study
    part : str
        Such as ``outcomes[0]``.

    Returns
    -------
    Outcome, str or None
        None when the study holds no such part.
    """
    match = _PART.fullmatch(part)
    if match is None:
        return None
    items: tuple[Outcome | str, ...] = study.outcomes if match[1] == "outcomes" else study.findings
    place = int(match[2])
    return items[place] if place < len(items) else None


def finding_problems(base: EvidenceBase, lines: Mapping[str, int]) -> Iterator[Problem]:
    """Find rows that point nowhere or say more than the record they point at.

    Parameters
    ----------
    base : EvidenceBase
        With all studies read.
    lines : mapping of str to int
        Line of each row.

    Yields
    ------
    Problem
    """
    for row in base.mechanism_findings:
        study = base.studies.get(row.study)
        if study is not None:
            yield from _row_problems(row, study, lines[row.id])
        elif f"studies/{row.study}.yaml" not in base.files:
            yield Problem(_FILE, lines[row.id], "study", repr(row.study), "the id of a study")


def _row_problems(row: MechanismFinding, study: Study, line: int) -> Iterator[Problem]:
    strange = set(row.substances) - set(study.substances)
    if strange:
        yield Problem(
            _FILE,
            line,
            "substances",
            repr("; ".join(sorted(strange))),
            f"among {'; '.join(study.substances)}, as in the study",
        )
    target = pointed_at(study, row.part)
    if target is None:
        yield Problem(_FILE, line, "part", repr(row.part), f"a part of studies/{study.id}.yaml")
    if row.link in _ANIMAL_LINKS and row.species == "human":
        yield Problem(_FILE, line, "species", "'human'", "an animal or cells, as the link says")
    if study.layer == "animals" and row.species == "human":
        yield Problem(_FILE, line, "species", "'human'", "an animal or cells, as in the study")
    contrast = target.contrast if isinstance(target, Outcome) else None
    # A row may be more careful than the record, never bolder.
    if contrast is not None and contrast.significant is False and row.direction == "supports":
        yield Problem(
            _FILE,
            line,
            "direction",
            "'supports'",
            f"null, mixed or unclear: {row.part} tells of no difference",
        )
    if contrast is not None and contrast.significant is True and row.direction == "null":
        yield Problem(
            _FILE, line, "direction", "'null'", f"not null: {row.part} tells of a difference"
        )
