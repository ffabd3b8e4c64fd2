"""Write the strategies from the vocabulary: the words are never typed twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aponia.literature.strategies.concepts import SubstanceLike, VocabularyTerm, concepts
from aponia.literature.strategies.sources import SOURCES, Source

__all__ = ["AUTHOR_ROLE", "WRITTEN", "build", "to_yaml"]

WRITTEN = "2026-11-22"
AUTHOR_ROLE = "maintainers of the evidence base (software authors, no information specialist)"
_AT_THE_RUN = "to be filled in at each run"


def _prisma_s(source: Source) -> dict[str, str]:
    """Return the sixteen items of PRISMA-S (Rethlefsen 2021, doi 10.1186/s13643-020-01542-z)."""
    register = source.kind == "register"
    return {
        "1 database name": f"{source.name}; {source.platform}",
        "2 multi-database searching": "none: each source is searched by itself",
        "3 study registries": f"{source.name}, {source.address}" if register else "searched separately: ClinicalTrials.gov, CTIS, ICTRP",
        "4 online resources and browsing": "none",
        "5 citation searching": "references of included studies and of reviews found; not part of this file",
        "6 contacts": "none",
        "7 other methods": "none",
        "8 full search strategy": "lines, as run",
        "9 limits and restrictions": "none: no limit of language, year or type",
        "10 search filters": "none",
        "11 prior work": "none adapted",
        "12 updates": "run again with every release of the evidence base; the whole search, new records told by deduplication",
        "13 dates of searches": _AT_THE_RUN,
        "14 peer review": "none yet (PRESS review by an information specialist is outstanding)",
        "15 total records": _AT_THE_RUN,
        "16 deduplication": "aponia literature dedupe, which states the reason of each merge",
    }  # fmt: skip


def build(
    substances: Sequence[SubstanceLike], conditions: Sequence[VocabularyTerm]
) -> dict[str, dict[str, Any]]:
    """Return every strategy by source id, as plain values.

    Parameters
    ----------
    substances, conditions : sequences of terms
        As in the vocabulary.

    Raises
    ------
    KeyError
        The vocabulary has a MeSH id whose name `sources.MESH_NAMES` lacks.
    """
    words = concepts(substances, conditions)
    return {
        source.id: {
            "source": source.id,
            "name": source.name,
            "platform": source.platform,
            "kind": source.kind,
            "address": source.address,
            "question": "What do psychedelics and ketamine do to pain?",
            "written": WRITTEN,
            "author_role": AUTHOR_ROLE,
            "words_from": "evidence/vocabulary.yaml",
            "lines": [{"number": n, "concept": line.concept, "query": line.query}
                      for n, line in enumerate(source.lines(words), start=1)],
            "export": source.export,
            "syntax": list(source.syntax),
            "syntax_source": source.syntax_source,
            "syntax_checked": source.checked,
            "prisma_s": _prisma_s(source),
        }
        for source in SOURCES
    }  # fmt: skip


def to_yaml(strategy: dict[str, Any]) -> str:
    """Return the text of a strategy's file."""
    import yaml

    head = "# Written by `aponia literature strategy --write` from evidence/vocabulary.yaml; change the words there.\n"
    body: str = yaml.safe_dump(strategy, sort_keys=False, allow_unicode=True, width=100)
    return head + body
