"""How much each kind of evidence counts: log-odds, as in Fellegi and Sunter (1969).

The values are stated, not fitted. Estimating them from labelled sets (logistic regression shrunk
towards these values) and judging on the set left out found a few more duplicates in one set of
four and merged different publications in another, whose conflicts (two DOIs, two issues) the
other sets lacked. A lost study costs a review more than a second reading.
"""

from __future__ import annotations

import numpy as np

from aponia.literature.dedupe.compare import EVIDENCE

__all__ = ["INTERCEPT", "WEIGHTS", "probability", "score"]

INTERCEPT = -4.5
WEIGHTS: dict[str, float] = {
    # Same words in the title: several congress abstracts and companion papers pass this alone.
    "title_same": 3.0, "title_close": 2.5, "title_near": 1.0, "title_part": 0.0, "title_far": -4.0,
    "title_numbers_differ": -4.0, "title_common": -3.0, "title_generic": 0.0,
    "authors_same": 2.0, "authors_overlap": 0.0, "authors_differ": -3.5, "authors_missing": 0.0,
    "year_same": 1.5, "year_next": -0.3, "year_differs": -1.5,
    "journal_same": 1.0, "journal_differs": -1.5,
    "volume_same": 0.8, "volume_differs": -1.5, "issue_same": 0.4, "issue_differs": -2.0,
    "first_page_same": 1.5, "first_page_near": 0.3, "first_page_differs": -1.5,
    "last_page_same": 1.0, "last_page_differs": -0.3,
    "doi_same": 4.0, "doi_differs": -4.0, "pmid_same": 5.0, "pmid_differs": -5.0,
    "abstract_same": 1.5, "abstract_differs": -2.0,
    "correction_differs": -6.0, "kind_differs": -4.5, "shape_differs": -1.0, "supplement_differs": -1.0,
    "no_locator": 0.0, "place_same": 2.0, "span_same": 1.5, "place_conflict": -2.0,
    "venue_conflict": -3.0, "pages_apart": -2.0, "registry_same": 6.0, "registry_differs": -8.0,
    "registry_and_paper": -8.0, "preprint_and_paper": -8.0, "abstract_and_paper": -2.5, "language_differs": -1.5,
    "both_moved": -3.5, "cochrane_update": -3.0, "unconfirmed": -2.0,
}  # fmt: skip

_VECTOR = np.array([WEIGHTS[name] for name in EVIDENCE])


def score(rows: np.ndarray) -> np.ndarray:
    """Return log-odds of "one publication" for evidence rows of shape ``(n, len(EVIDENCE))``."""
    table: np.ndarray = np.asarray(rows, dtype=float).reshape(-1, len(EVIDENCE))
    return np.asarray(table @ _VECTOR + INTERCEPT)


def probability(log_odds: float) -> float:
    """Turn log-odds to a probability."""
    return float(1.0 / (1.0 + np.exp(-np.clip(log_odds, -50, 50))))
