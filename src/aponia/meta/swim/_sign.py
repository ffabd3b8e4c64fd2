"""Vote counting by direction of effect, with an exact sign test."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from scipy.special import bdtr, bdtrc, betaincinv, ndtri

from aponia.meta.errors import InputError, MethodError, TooFewStudiesError
from aponia.meta.swim._directions import read_direction

__all__ = ["SignTest", "sign_test"]

Alternative = Literal["two-sided", "greater", "less"]


@dataclass(frozen=True)
class SignTest:
    """Directions of effect, counted.

    Attributes
    ----------
    n_benefit, n_harm, n_unclear, n_missing : int
        Studies by direction. Unclear and missing ones do not enter the test.
    proportion : float
        Share of studies with benefit among those with a direction.
    ci_lower, ci_upper : float
        Confidence limits of the share.
    p : float
        Exact binomial p-value of a share of one half.
    p_if_unclear_harm, p_if_unclear_benefit : float
        The p-value had every unclear study gone one way or the other.
    alternative, interval : str
    level : float
    """

    n_benefit: int
    n_harm: int
    n_unclear: int
    n_missing: int
    proportion: float
    ci_lower: float
    ci_upper: float
    p: float
    p_if_unclear_harm: float
    p_if_unclear_benefit: float
    alternative: str
    interval: str
    level: float

    @property
    def n(self) -> int:
        """Studies with a direction."""
        return self.n_benefit + self.n_harm

    def summary(self) -> str:
        """Return the result as text."""
        text = (
            f"{self.n_benefit} of {self.n} studies favour benefit "
            f"({100 * self.proportion:.0f}%, {100 * self.level:g}% CI "
            f"{100 * self.ci_lower:.0f}% to {100 * self.ci_upper:.0f}%), sign test p = {self.p:.4g}"
        )
        if self.n_unclear:
            text += (
                f"\n{self.n_unclear} unclear: p from {self.p_if_unclear_harm:.4g} (all harm) to "
                f"{self.p_if_unclear_benefit:.4g} (all benefit)"
            )
        return text + "\nSays nothing about the size of the effect."

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and strings."""
        return {**vars(self), "n": self.n}


def sign_test(
    directions: Iterable[Any] | None = None,
    *,
    n_benefit: int | None = None,
    n_harm: int | None = None,
    n_unclear: int = 0,
    alternative: Alternative = "two-sided",
    interval: Literal["exact", "wilson"] = "exact",
    level: float = 0.95,
) -> SignTest:
    """Vote counting by direction of effect with an exact sign test.

    Parameters
    ----------
    directions : iterable of str, float or None, optional
        One entry a study, read by `read_direction`: words, signs, or effects whose sign is the
        direction (positive is benefit). Ties (zero, "unclear") and missing values are counted but
        left out of the test.
    n_benefit, n_harm, n_unclear : int, optional
        Counts, instead of `directions`.
    alternative : {"two-sided", "greater", "less"}
        ``"greater"``: more benefit than harm.
    interval : {"exact", "wilson"}
        Clopper-Pearson or Wilson interval of the share.
    level : float

    Returns
    -------
    SignTest

    Raises
    ------
    TooFewStudiesError
        No study has a direction.
    InputError, MethodError
        Contradictory input, negative counts, unknown option.

    Notes
    -----
    McKenzie and Brennan, Cochrane Handbook chapter 12, section 12.2.1.3. With a share of one half
    under the null the two-sided p-value is twice the smaller tail, at most 1.

    Examples
    --------
    >>> round(sign_test(n_benefit=9, n_harm=1).p, 5)
    0.02148
    """
    missing = 0
    if directions is not None:
        if n_benefit is not None or n_harm is not None or n_unclear:
            raise InputError("give directions or counts, not both")
        if isinstance(directions, str):
            raise InputError("directions must be a sequence with one entry a study")
        read = [read_direction(d) for d in directions]
        n_benefit, n_harm = read.count("benefit"), read.count("harm")
        n_unclear, missing = read.count("unclear"), read.count(None)
    if n_benefit is None or n_harm is None:
        raise InputError("give directions, or both n_benefit and n_harm")
    if min(n_benefit, n_harm, n_unclear) < 0:
        raise InputError("counts must not be negative")
    if alternative not in ("two-sided", "greater", "less"):
        raise MethodError(f"alternative={alternative!r}: choose 'two-sided', 'greater' or 'less'")
    if not 0 < level < 1:
        raise InputError(f"level must be between 0 and 1, found {level!r}")
    n = n_benefit + n_harm
    if n == 0:
        raise TooFewStudiesError("no study has a direction of effect: there is nothing to test")
    lower, upper = _interval(n_benefit, n, level, interval)
    return SignTest(
        n_benefit=int(n_benefit),
        n_harm=int(n_harm),
        n_unclear=int(n_unclear),
        n_missing=missing,
        proportion=n_benefit / n,
        ci_lower=lower,
        ci_upper=upper,
        p=_p(n_benefit, n, alternative),
        p_if_unclear_harm=_p(n_benefit, n + n_unclear, alternative),
        p_if_unclear_benefit=_p(n_benefit + n_unclear, n + n_unclear, alternative),
        alternative=alternative,
        interval=interval,
        level=level,
    )


def _p(x: int, n: int, alternative: str) -> float:
    upper = float(bdtrc(x - 1, n, 0.5)) if x > 0 else 1.0
    lower = float(bdtr(x, n, 0.5))
    if alternative == "greater":
        return upper
    return lower if alternative == "less" else min(1.0, 2 * min(upper, lower))


def _interval(x: int, n: int, level: float, kind: str) -> tuple[float, float]:
    tail = (1 - level) / 2
    if kind == "exact":
        lower = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
        upper = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail))
        return lower, upper
    if kind != "wilson":
        raise MethodError(f"interval={kind!r}: choose 'exact' or 'wilson'")
    z = float(ndtri(1 - tail))
    share = x / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)
