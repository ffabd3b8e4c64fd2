"""One-compartment curves in closed form, for many people at once.

Rowland & Tozer, Clinical Pharmacokinetics and Pharmacodynamics, 4th ed., chapters 3 to 6: the
Bateman function for first-order absorption, the bolus and the constant infusion. All are linear in
dose, so any schedule is a sum of shifted single administrations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "absorbed",
    "add_absorbed",
    "area_absorbed",
    "bolus",
    "half_life",
    "infusion",
    "peak_absorbed",
    "time_of_peak",
]

#: |ka/ke - 1| below which the difference of two exponentials would lose more digits than the
#: three-term series leaves out (both stay below 1e-11 relative here).
_CLOSE = 1e-4


def absorbed(t: float, c0: Floats, ka: Floats, ke: Floats) -> Floats:
    """Concentration `t` hours after the end of the lag (Bateman function).

    Parameters
    ----------
    t : float
        Hours; zero or negative gives 0.
    c0, ka, ke : array, shape (n,)
        Dose over volume, rate constants of absorption and elimination (1/h).

    Returns
    -------
    array, shape (n,)
        In the unit of `c0`; exact also where `ka` equals `ke`.
    """
    if t <= 0:
        return np.zeros_like(c0)
    d = ka - ke
    close = np.abs(d) < _CLOSE * ke
    if not close.any():
        plain: Floats = c0 * ka / d * (np.exp(-ke * t) - np.exp(-ka * t))
        return plain
    safe = np.where(close, 1.0, d)
    out = c0 * ka / safe * (np.exp(-ke * t) - np.exp(-ka * t))
    # (1 - exp(-x)) / x = 1 - x/2 + x^2/6 - …, with x = d t; where d t is not small the plain
    # difference is fine even for close constants.
    x = d * t
    phi = np.where(np.abs(x) < 1e-3, 1.0 - x / 2 + x * x / 6 - x**3 / 24, 1.0)
    large = np.abs(x) >= 1e-3
    if large.any():
        phi = np.where(large, -np.expm1(-x) / np.where(large, x, 1.0), phi)
    near: Floats = c0 * ka * t * np.exp(-ke * t) * phi
    return np.where(close, near, out)


def add_absorbed(
    out: Floats, step: float, first: float, c0: Floats, ka: Floats, ke: Floats
) -> None:
    """Add the curve of one absorbed dose to rows of an even grid of times.

    Parameters
    ----------
    out : array, shape (T, n)
        Concentrations; row i lies at `first` + i `step` hours after the end of the lag. Changed.
    step, first : float
        Hours; `first` must not be negative.
    c0, ka, ke : array, shape (n,)

    Notes
    -----
    On an even grid each exponential is the one before it times a constant, which leaves two
    multiplications for two exponentials. Rounding grows by one unit in the last place a step, to
    1e-13 relative over a thousand steps; the exact value is taken anew every 256. People whose ka
    and ke are close go through `absorbed`.
    """
    d = ka - ke
    close = np.abs(d) < _CLOSE * ke
    scale = np.where(close, 0.0, c0 * ka / np.where(close, 1.0, d))
    slow_step, fast_step = np.exp(-ke * step), np.exp(-ka * step)
    slow, fast = np.empty_like(c0), np.empty_like(c0)
    for i in range(out.shape[0]):
        if i % 256 == 0:
            t = first + i * step
            slow, fast = scale * np.exp(-ke * t), scale * np.exp(-ka * t)
        out[i] += slow
        out[i] -= fast
        slow *= slow_step
        fast *= fast_step
    if close.any():
        who = np.flatnonzero(close)
        for i in range(out.shape[0]):
            out[i, who] += absorbed(first + i * step, c0[who], ka[who], ke[who])


def bolus(t: float, c0: Floats, ke: Floats) -> Floats:
    """Concentration `t` hours after a bolus; 0 before it.

    Parameters
    ----------
    t : float
    c0, ke : array, shape (n,)

    Returns
    -------
    array, shape (n,)
    """
    return c0 * np.exp(-ke * t) if t >= 0 else np.zeros_like(c0)


def infusion(t: float, hours: float, c0: Floats, ke: Floats) -> Floats:
    """Concentration `t` hours after the start of an infusion of the dose over `hours`.

    Parameters
    ----------
    t, hours : float
    c0, ke : array, shape (n,)
        Whole dose over volume; elimination rate constant.

    Returns
    -------
    array, shape (n,)
    """
    if t <= 0:
        return np.zeros_like(c0)
    level: Floats = c0 / (hours * ke) * -np.expm1(-ke * min(t, hours))
    return level if t <= hours else level * np.exp(-ke * (t - hours))


def time_of_peak(ka: Floats, ke: Floats) -> Floats:
    """Hours from the end of the lag to the peak: ln(ka/ke) / (ka - ke).

    Parameters
    ----------
    ka, ke : array, shape (n,)

    Returns
    -------
    array, shape (n,)
        1/ke where both are equal.
    """
    x = (ka - ke) / ke
    small = np.abs(x) < 1e-8
    ratio: Floats = np.where(small, 1.0 - x / 2, np.log1p(x) / np.where(small, 1.0, x))
    return ratio / ke


def peak_absorbed(c0: Floats, ka: Floats, ke: Floats) -> Floats:
    """Height of the peak after one absorbed dose: c0 exp(-ke tmax).

    Parameters
    ----------
    c0, ka, ke : array, shape (n,)

    Returns
    -------
    array, shape (n,)
    """
    out: Floats = c0 * np.exp(-ke * time_of_peak(ka, ke))
    return out


def area_absorbed(t: float, c0: Floats, ka: Floats, ke: Floats) -> Floats:
    """Area under the curve from 0 to `t` hours after one absorbed dose, by mass balance.

    Parameters
    ----------
    t : float
        May be infinite.
    c0, ka, ke : array, shape (n,)

    Returns
    -------
    array, shape (n,)
        Unit of `c0` times hours.
    """
    if np.isinf(t):
        return c0 / ke
    return (c0 * -np.expm1(-ka * t) - absorbed(t, c0, ka, ke)) / ke


def half_life(ka: Floats | None, ke: Floats) -> Floats:
    """Half-life a blood curve shows at its end: of the slower of the two processes.

    Parameters
    ----------
    ka : array or None
        None for intravenous doses.
    ke : array, shape (n,)

    Returns
    -------
    array, shape (n,)
        Hours.
    """
    slow = ke if ka is None else np.minimum(ka, ke)
    out: Floats = np.log(2.0) / slow
    return out
