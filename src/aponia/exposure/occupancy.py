"""From plasma concentration to 5-HT2A occupancy, where a source allows it.

Single-site binding: occupancy = maximum x C / (C + EC50). When both constants are published they are
used. When only a dose and its occupancy are, the constants are bounded, never fixed: the result is a
set of relations that all agree with the published points, marked as derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from aponia.exposure.errors import DoseError, NotKnownError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["OccupancyEstimate", "OccupancyPoint", "OccupancyRelation", "derive_relation"]

_DRAWS = 4000


@dataclass(frozen=True, slots=True)
class OccupancyPoint:
    """One published mean occupancy.

    Attributes
    ----------
    row : str
    dose_mg : float
    percent, sd : float
        Mean and SD between people.
    n : int
        At least 2.
    """

    row: str
    dose_mg: float
    percent: float
    sd: float
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class OccupancyRelation:
    """Single-site binding, with what is not known about its constants.

    Attributes
    ----------
    substance : str
    how : str
        ``published`` or ``derived``.
    ec50 : array, shape (m,)
        Plausible values in ng/mL; one when published.
    maximum : array, shape (m,)
        Percent, of the same length.
    rows : tuple of str
        Rows it rests on.
    assumptions : tuple of str
        What was assumed on the way; empty when published.
    """

    substance: str
    how: Literal["published", "derived"]
    ec50: Floats
    maximum: Floats
    rows: tuple[str, ...]
    assumptions: tuple[str, ...] = ()

    def percent(self, concentration: Floats) -> Floats:
        """Occupancy in percent of concentrations in ng/mL.

        Parameters
        ----------
        concentration : array, shape (..., n)
            Person i is given plausible relation i modulo m, so a band over people also holds what
            is not known about the relation.

        Returns
        -------
        array
            Same shape.
        """
        pick = np.arange(concentration.shape[-1]) % self.ec50.size
        out: Floats = self.maximum[pick] * concentration / (concentration + self.ec50[pick])
        return out


@dataclass(frozen=True, slots=True)
class OccupancyEstimate:
    """An occupancy with its interval, or the reason why there is none.

    Attributes
    ----------
    status : str
        ``published`` relation, ``derived`` relation or ``not known``.
    median, low, high : float or None
        Percent.
    level : float
        What the interval holds.
    why : str
        Assumptions, or why it is not known.
    rows : tuple of str
    """

    status: Literal["published", "derived", "not known"]
    median: float | None
    low: float | None
    high: float | None
    level: float
    why: str
    rows: tuple[str, ...] = ()


def derive_relation(
    substance: str,
    point: OccupancyPoint,
    peak_at_point: float,
    highest_seen: float,
    rows: tuple[str, ...],
    *,
    highest_concentration: float | None = None,
    seed: int = 11,
) -> OccupancyRelation:
    """Bound a single-site relation by one mean occupancy and the highest occupancy seen.

    Parameters
    ----------
    substance : str
    point : OccupancyPoint
    peak_at_point : float
        Typical peak concentration after the dose of `point`, in ng/mL.
    highest_seen : float
        Highest published occupancy in percent: the maximum cannot lie below it.
    rows : tuple of str
        Every row used.
    highest_concentration : float, optional
        Highest concentration, in ng/mL, that the people in whom `highest_seen` was seen can have
        had: a relation that does not reach it there is left out.
    seed : int

    Returns
    -------
    OccupancyRelation
        The mean is drawn from its t distribution, the maximum evenly between `highest_seen` and
        100 %, the concentration in the scanner evenly between half the peak and the peak; draws
        that no binding curve can meet are left out.

    Raises
    ------
    NotKnownError
        When the point cannot bound anything: fewer than two people, or no draw is possible.
    """
    if point.n < 2 or not point.sd > 0:
        raise NotKnownError(f"{point.row}: an occupancy without its spread bounds no relation")
    if not (0 < highest_seen < 100 and peak_at_point > 0):
        raise DoseError("occupancies lie between 0 and 100 % and concentrations above 0")
    rng = np.random.default_rng(seed)
    m = 16 * _DRAWS
    mean = point.percent + point.sd / np.sqrt(point.n) * rng.standard_t(point.n - 1, m)
    top = rng.uniform(highest_seen, 100.0, m)
    seen = peak_at_point * rng.uniform(0.5, 1.0, m)
    possible = (mean > 0) & (mean < top)
    ec50 = seen * (top - mean) / np.where(possible, mean, 1.0)
    if highest_concentration is not None:
        c = highest_concentration
        possible &= top * c / (c + np.where(possible, ec50, 1.0)) >= highest_seen
    if possible.sum() < _DRAWS:
        raise NotKnownError(f"{point.row}: no binding curve agrees with the published occupancies")
    ec50, top = ec50[possible][:_DRAWS], top[possible][:_DRAWS]
    reach = () if highest_concentration is None else (
        f"a curve must reach {highest_seen:g} % at the highest concentration expected among the people "
        f"in whom it was seen ({highest_concentration:.3g} ng/mL)",
    )  # fmt: skip
    return OccupancyRelation(
        substance, "derived", ec50, top, rows,
        (
            f"one mean occupancy, {point.percent:g} % (SD {point.sd:g}, n = {point.n}) after "
            f"{point.dose_mg:g} mg, anchors every curve",
            "the time of the scan was not read: the concentration in it is taken as between half the "
            "peak and the peak of the model",
            f"the maximum lies between the highest occupancy seen ({highest_seen:g} %, another "
            "radioligand) and 100 %",
            *reach,
            "one binding site, no delay between plasma and brain",
        ),
    )  # fmt: skip
