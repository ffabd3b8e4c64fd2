"""Blinding as a number: indices of guesses, and how much expectancy the result could be.

Bang 2004 (Control Clin Trials 25:143): an index for each arm, −1 to 1; 0 is guessing at random, 1
everybody right. James 1996 (Stat Med 15:1421): one index for the trial, 0 to 1; 1 is perfect
blinding. Bounds: if a share of the difference is due to people knowing what they got, what is left?
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["UnblindingBound", "bang_index", "james_index", "unblinding_bound"]


def bang_index(correct: int, wrong: int, dont_know: int = 0) -> tuple[float, float]:
    """Return Bang's index of one arm and its standard error.

    Parameters
    ----------
    correct, wrong, dont_know : int
        People of the arm by what they guessed.

    Returns
    -------
    index, se : float

    Raises
    ------
    ValueError
        Negative counts or nobody.

    Examples
    --------
    >>> index, se = bang_index(90, 10)
    >>> round(index, 2)
    0.8
    """
    n = correct + wrong + dont_know
    if min(correct, wrong, dont_know) < 0 or n == 0:
        raise ValueError(
            f"guesses must be counts of at least one person, found {correct}, {wrong}, {dont_know}"
        )
    p, q = correct / n, wrong / n
    return p - q, math.sqrt(max(0.0, p + q - (p - q) ** 2) / n)


def james_index(active: tuple[int, int, int], control: tuple[int, int, int]) -> float:
    """Return James' index of a two-arm trial.

    Parameters
    ----------
    active, control : tuple of int
        (guessed active, guessed control, do not know) in each arm.

    Returns
    -------
    float
        0 (everybody right) to 1 (everybody does not know); 0.5 is guessing at random.

    Raises
    ------
    ValueError
        Nobody was asked, or a count is negative.

    Examples
    --------
    >>> round(james_index((0, 0, 10), (0, 0, 10)), 2), round(james_index((10, 0, 0), (0, 10, 0)), 2)
    (1.0, 0.0)
    """
    n = sum(active) + sum(control)
    if n == 0 or min(*active, *control) < 0:
        raise ValueError("guesses must be counts, at least one person in all")
    unsure = (active[2] + control[2]) / n
    if unsure == 1:
        return 1.0
    # Weights of disagreement: 0 for a right guess, 0.5 for a wrong one, 1 for "do not know".
    cells = {
        (0, 0): active[0] / n, (0, 1): active[1] / n, (1, 0): control[0] / n, (1, 1): control[1] / n
    }  # fmt: skip
    rows = {i: cells[i, 0] + cells[i, 1] for i in (0, 1)}
    guessed = {j: cells[0, j] + cells[1, j] for j in (0, 1)}
    known = 1 - unsure
    weight = {(i, j): 0.0 if i == j else 0.5 for i in (0, 1) for j in (0, 1)}
    observed = sum(weight[c] * cells[c] for c in cells) / known
    # Expected under independence of arm and guess among those who guessed.
    expected = sum(weight[i, j] * rows[i] * guessed[j] for i, j in weight) / known**2
    kappa = 0.0 if expected == 0 else (observed - expected) / expected
    return (1 + unsure + known * kappa) / 2


@dataclass(frozen=True)
class UnblindingBound:
    """How much of a difference would have to be expectancy for the answer to change.

    Attributes
    ----------
    touches_zero : float or None
        Share of the estimate that would have to be expectancy for the interval to touch no
        difference; 0 when it already does; None without an interval.
    adjusted : tuple of (share, estimate, ci_lower, ci_upper)
        The result if a quarter, half or three quarters of it were expectancy.
    """

    touches_zero: float | None
    adjusted: tuple[tuple[float, float, float, float], ...]


def unblinding_bound(estimate: float, ci_lower: float, ci_upper: float) -> UnblindingBound:
    """Bound an estimate under shares of expectancy.

    Parameters
    ----------
    estimate, ci_lower, ci_upper : float
        On a scale on which 0 is no difference (log for ratios).

    Returns
    -------
    UnblindingBound
        Expectancy is taken to shift the estimate and both limits by the same amount, a share of
        the estimate: it biases the result and does not widen it.
    """
    if not all(math.isfinite(x) for x in (estimate, ci_lower, ci_upper)):
        return UnblindingBound(None, ())
    shares = (0.25, 0.5, 0.75)
    adjusted = tuple(
        (s, estimate * (1 - s), ci_lower - s * estimate, ci_upper - s * estimate) for s in shares
    )
    if ci_lower <= 0 <= ci_upper or estimate == 0:
        return UnblindingBound(0.0, adjusted)
    nearest = ci_lower if estimate > 0 else ci_upper
    return UnblindingBound(min(1.0, nearest / estimate), adjusted)
