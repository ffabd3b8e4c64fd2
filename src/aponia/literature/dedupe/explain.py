"""Evidence in words."""

from __future__ import annotations

from collections.abc import Sequence

from aponia.literature.dedupe.compare import EVIDENCE
from aponia.literature.dedupe.weights import WEIGHTS

__all__ = ["WORDS", "reasons"]

WORDS = {
    "title_same": "same title", "title_close": "nearly the same title", "title_near": "similar title",
    "title_part": "one title continues the other", "title_far": "different titles",
    "title_numbers_differ": "the titles differ in a number", "title_common": "a title that many records share",
    "title_generic": "a title that names no subject",
    "authors_same": "same authors", "authors_overlap": "some authors in common", "authors_differ": "different authors",
    "authors_missing": "one record has no authors",
    "year_same": "same year", "year_next": "years one apart", "year_differs": "different years",
    "journal_same": "same journal", "journal_differs": "different journals",
    "volume_same": "same volume", "volume_differs": "different volumes",
    "issue_same": "same issue", "issue_differs": "different issues",
    "first_page_same": "same first page", "first_page_near": "overlapping pages", "first_page_differs": "different first pages",
    "last_page_same": "same last page", "last_page_differs": "different last pages",
    "doi_same": "same DOI", "doi_differs": "different DOIs", "pmid_same": "same PubMed number", "pmid_differs": "different PubMed numbers",
    "abstract_same": "same abstract", "abstract_differs": "different abstracts",
    "correction_differs": "one is a correction or retraction", "kind_differs": "one is a reply, comment or protocol",
    "shape_differs": "one is a book or thesis", "supplement_differs": "one is in a supplement",
    "no_locator": "no volume, page or DOI to compare", "place_same": "same volume and page",
    "span_same": "same run of pages", "place_conflict": "printed in another place",
    "venue_conflict": "printed in another journal", "pages_apart": "two places in one volume",
    "registry_same": "same registry number", "registry_differs": "different registry numbers",
    "registry_and_paper": "one is a trial registration", "preprint_and_paper": "one is a preprint",
    "abstract_and_paper": "one is a congress abstract", "language_differs": "in different languages",
    "both_moved": "volume and year have moved on together", "cochrane_update": "another update of a Cochrane review",
    "unconfirmed": "only title and names agree",
}  # fmt: skip


def reasons(row: Sequence[float]) -> tuple[list[str], list[str]]:
    """Return what speaks for one publication and what against, the weightiest first."""
    parts = [
        (value * WEIGHTS[name], WORDS[name])
        for name, value in zip(EVIDENCE, row, strict=True)
        if value
    ]
    pro = [word for weight, word in sorted(parts, key=lambda p: -p[0]) if weight > 0]
    con = [word for weight, word in sorted(parts, key=lambda p: p[0]) if weight < 0]
    return pro, con
