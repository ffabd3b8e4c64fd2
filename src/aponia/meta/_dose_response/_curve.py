"""Shapes of a dose-response curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta.errors import InputError, MethodError

__all__ = ["Curve", "make_curve"]

#: Harrell's default percentiles by number of knots.
_PERCENTILES = {
    3: (10, 50, 90),
    4: (5, 35, 65, 95),
    5: (5, 27.5, 50, 72.5, 95),
    6: (5, 23, 41, 59, 77, 95),
    7: (2.5, 18.33, 34.17, 50, 65.83, 81.67, 97.5),
}


@dataclass(frozen=True)
class Curve:
    """Transformations of the dose; the effect is linear in them.

    Attributes
    ----------
    shape : {"linear", "quadratic", "spline"}
    knots : tuple of float
        Of the restricted cubic spline.
    """

    shape: str
    knots: tuple[float, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        if self.shape == "linear":
            return ("dose",)
        if self.shape == "quadratic":
            return ("dose", "dose²")
        return ("dose", *(f"dose spline {j}" for j in range(1, len(self.knots) - 1)))

    def __call__(self, dose: FloatArray) -> FloatArray:
        """Return the transformations, of shape (n, p)."""
        x = np.asarray(dose, dtype=np.float64)
        if self.shape == "linear":
            return x[:, None]
        if self.shape == "quadratic":
            return np.column_stack([x, x**2])
        t = np.array(self.knots)
        cube = np.maximum(x[:, None] - t, 0.0) ** 3
        last, before = t[-1], t[-2]
        gap = last - before
        terms = [x]
        for j in range(t.size - 2):
            terms.append(
                (
                    cube[:, j]
                    - cube[:, -2] * (last - t[j]) / gap
                    + cube[:, -1] * (before - t[j]) / gap
                )
                / (last - t[0]) ** 2
            )
        return np.column_stack(terms)


def make_curve(shape: str, knots: int | Sequence[float] | None, doses: FloatArray) -> Curve:
    """Return the curve, with knots at percentiles of the doses unless given.

    Parameters
    ----------
    shape : {"linear", "quadratic", "spline"}
    knots : int or sequence of float, optional
        Number of knots (3 by default) or their places.
    doses : ndarray of shape (n,)

    Returns
    -------
    Curve
        Restricted cubic splines are Harrell's: linear beyond the outer knots, scaled by the
        squared distance of these.

    Raises
    ------
    MethodError
        Unknown shape, or knots without a spline.
    InputError
        Knots that are not distinct, or too few.
    """
    if shape not in ("linear", "quadratic", "spline"):
        raise MethodError(f"shape must be 'linear', 'quadratic' or 'spline', found {shape!r}")
    if shape != "spline":
        if knots is not None:
            raise MethodError("knots go with shape='spline'")
        return Curve(shape)
    if knots is None:
        knots = 3
    if isinstance(knots, int):
        if knots not in _PERCENTILES:
            raise InputError(f"knots must be 3 to 7, found {knots}")
        places = np.percentile(doses, _PERCENTILES[knots])
    else:
        places = np.sort(np.asarray(knots, dtype=np.float64))
    if places.size < 3 or not np.isfinite(places).all() or (np.diff(places) <= 0).any():
        raise InputError(
            f"a spline needs at least 3 distinct knots, found {places.tolist()}: give knots="
        )
    return Curve(shape, tuple(float(t) for t in places))
