"""How good a screening order is; the definitions of the ASReview papers and its insights package."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["order_metrics"]


def order_metrics(labels: Sequence[int]) -> dict[str, float]:
    """Score labels in the order they were screened, records known at the start left out.

    Parameters
    ----------
    labels : sequence of int, length n
        1 relevant, 0 not.

    Returns
    -------
    dict
        ``n relevant records_to_95 records_to_100``; ``wss95 = 1 - records_to_95 / n - 0.05`` (work
        saved over sampling, Cohen et al. 2006); ``rrf10``, the share of relevant records in the
        first tenth; ``atd``, the mean share of records read until a relevant one is found
        (Ferdinands et al. 2023).

    Raises
    ------
    ValueError
        No relevant record.
    """
    n = len(labels)
    places = [place for place, y in enumerate(labels, start=1) if y]
    if not places:
        raise ValueError("no relevant record besides those known at the start: nothing to find")
    relevant = len(places)
    to_95 = places[math.ceil(0.95 * relevant) - 1]
    return {
        "n": n,
        "relevant": relevant,
        "records_to_95": to_95,
        "records_to_100": places[-1],
        "wss95": 1 - to_95 / n - 0.05,
        "rrf10": sum(labels[: max(1, round(0.1 * n))]) / relevant,
        "atd": sum(places) / relevant / n,
    }
