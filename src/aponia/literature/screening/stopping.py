"""When to stop: a statistical test of recall, not a hunch.

Callaghan & Müller-Hansen (2020, 10.1186/s13643-020-01521-4). The hypothesis is that the recall
reached is *below* the target. When it can be rejected at the level asked for, screening may stop.

What is guaranteed, and what is not:

- **Guaranteed** (`random_sample_test` at the level `check_level` gives): the probability of ever
  stopping with recall below the target is at most ``alpha``, whatever the ranking was like,
  however often it is tried. Each try draws records at random from those unread, of a number fixed
  beforehand (`needed_sample`), and all of them are read. The tries share ``alpha``: a half for the
  first, a quarter for the second, and so on, so that their sum never exceeds it.
- **Not guaranteed** (`ranked_quasi_test`): the records read last are treated as if drawn at
  random, and the test is looked at after each label. It says when a random check is worth its
  price. How often it is wrong was measured: `validation/stopping_coverage.md`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["StopTest", "check_level", "needed_sample", "random_sample_test", "ranked_quasi_test"]


@dataclass(frozen=True, slots=True)
class StopTest:
    """Outcome of a test of "recall is below the target".

    `p` is the probability of what was seen if recall were below the target; `recall_at_least` is the
    lower bound of recall that can be asserted with confidence ``1 - alpha``.
    """

    stop: bool
    p: float
    alpha: float
    target: float
    found: int
    unread: int
    sampled: int
    sampled_relevant: int
    recall_at_least: float
    kind: str

    def sentence(self) -> str:
        """Say the outcome in one sentence."""
        if self.stop:
            return (
                f"Stop: recall of at least {100 * self.target:.0f} % is established with {100 * (1 - self.alpha):.0f} % "
                f"confidence (p = {self.p:.4f}; {self.found} relevant found, {self.sampled} checked, {self.unread} unread)."
            )
        return (
            f"Go on: recall of {100 * self.target:.0f} % is not yet established (p = {self.p:.4f}, needed below {self.alpha}); "
            f"so far recall of at least {100 * self.recall_at_least:.1f} % is."
        )


def _check(target: float, alpha: float) -> None:
    if not 0 < target <= 1:
        raise ValueError(f"target recall is {target}, expected above 0 and at most 1")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}, expected between 0 and 1")


def _least_missed(found_before: int, found_in_sample: int, target: float) -> int:
    """Smallest number of relevant records in the urn with which recall would be below target.

    The urn is what was unread when sampling began; `found_in_sample` of it have been found.
    Recall is (before + in sample) / (before + in urn).
    """
    found = found_before + found_in_sample
    # Guard against 0.95 * 20 / 0.95 = 20.000000000000004.
    return math.floor(found / target - found_before + 1e-9) + 1


def _p_value(urn: int, sampled: int, hits: int, missed: int) -> float:
    """Return P(at most `hits` relevant in a sample), drawn from an urn that holds `missed`."""
    if missed > urn:
        # There are not enough records left for recall to be below the target.
        return 0.0
    from scipy.stats import hypergeom

    return float(hypergeom.cdf(hits, urn, missed, sampled))


def _recall_bound(found_before: int, urn: int, sampled: int, hits: int, alpha: float) -> float:
    """Largest number of relevant records in the urn that the sample does not reject, as recall."""
    low, high = hits, urn - (sampled - hits)
    while low < high:
        middle = (low + high + 1) // 2
        if _p_value(urn, sampled, hits, middle) >= alpha:
            low = middle
        else:
            high = middle - 1
    total = found_before + low
    return (found_before + hits) / total if total else 1.0


def random_sample_test(
    found_before: int,
    unread_before: int,
    sample: Sequence[int],
    *,
    target: float = 0.95,
    alpha: float = 0.05,
) -> StopTest:
    """Test recall on a random sample of the records not read by the ranking.

    Parameters
    ----------
    found_before : int
        Relevant records known when sampling began.
    unread_before : int
        Records unread when sampling began.
    sample : sequence of int
        Labels of the records drawn at random since, 1 relevant.
    target : float
        Recall to be reached.
    alpha : float
        Accepted probability of stopping below the target, with this sample, whose size is fixed
        beforehand (`needed_sample`). For the second check and later ones take `check_level`.

    Raises
    ------
    ValueError
        Counts that can not be, or a target or alpha out of range.
    """
    _check(target, alpha)
    sampled, hits = len(sample), int(sum(1 for y in sample if y))
    if found_before < 0 or unread_before < sampled:
        raise ValueError(
            f"{sampled} records were sampled of {unread_before} unread, {found_before} found before"
        )
    missed = _least_missed(found_before, hits, target)
    p = _p_value(unread_before, sampled, hits, missed)
    bound = _recall_bound(found_before, unread_before, sampled, hits, alpha)
    return StopTest(
        p < alpha,
        p,
        alpha,
        target,
        found_before + hits,
        unread_before - sampled,
        sampled,
        hits,
        bound,
        "random sample",
    )


def ranked_quasi_test(
    labels: Sequence[int], n: int, *, target: float = 0.95, alpha: float = 0.05
) -> StopTest:
    """Test recall after each label of ranked screening, over all windows of the records read last.

    Parameters
    ----------
    labels : sequence of int
        Labels in the order screened, 1 relevant.
    n : int
        Number of all records, read and unread.

    Notes
    -----
    The p-value is the smallest over the windows, as the authors do; it is a heuristic, since the
    windows are neither random nor one, and the test is repeated. `validation/stopping_coverage.md`
    has how often it stopped below the target: rarely, on ranked orders, but nothing bounds it for
    a ranking that leaves relevant records among the last. Take it as the moment
    for `random_sample_test`, which has the guarantee.

    Raises
    ------
    ValueError
        More labels than records, or a target or alpha out of range.
    """
    import numpy as np
    from scipy.stats import hypergeom

    _check(target, alpha)
    read = len(labels)
    if read > n:
        raise ValueError(f"{read} labels of {n} records")
    y = np.asarray(labels, dtype=int)
    found = int(y.sum())
    if read == 0 or found == 0:
        return StopTest(False, 1.0, alpha, target, found, n - read, 0, 0, 0.0, "ranked")
    sizes = np.arange(1, read + 1)
    hits = np.cumsum(y[::-1])
    before = found - hits
    urn = n - read + sizes
    missed = np.floor(found / target - before + 1e-9).astype(int) + 1
    p = np.where(missed > urn, 0.0, hypergeom.cdf(hits, urn, np.minimum(missed, urn), sizes))
    best = int(np.argmin(p))
    bound = _recall_bound(
        int(before[best]), int(urn[best]), int(sizes[best]), int(hits[best]), alpha
    )
    return StopTest(
        bool(p[best] < alpha),
        float(p[best]),
        alpha,
        target,
        found,
        n - read,
        int(sizes[best]),
        int(hits[best]),
        bound,
        "ranked",
    )


def check_level(check: int, alpha: float = 0.05) -> float:
    """Return the level of the first, second, third … random check: ``alpha / 2**check``.

    However many checks there are, the levels add up to less than `alpha`, so that the probability of
    ever stopping below the target stays within it.

    Raises
    ------
    ValueError
        `check` below 1, or alpha out of range.

    Examples
    --------
    >>> [check_level(k) for k in (1, 2, 3)]
    [0.025, 0.0125, 0.00625]
    """
    _check(1.0, alpha)
    if check < 1:
        raise ValueError(f"check is {check}, expected 1 for the first")
    return alpha / 2.0**check


def needed_sample(found: int, unread: int, *, target: float = 0.95, alpha: float = 0.05) -> int:
    """Return how many unread records to draw so that none relevant among them allows to stop.

    Raises
    ------
    ValueError
        Target or alpha out of range, or negative counts.
    """
    _check(target, alpha)
    if found < 0 or unread < 0:
        raise ValueError(f"found {found} and unread {unread} must not be negative")
    missed = _least_missed(found, 0, target)
    low, high = 0, unread
    while low < high:
        middle = (low + high) // 2
        if _p_value(unread, middle, 0, missed) < alpha:
            high = middle
        else:
            low = middle + 1
    return low
