"""Microdose, psycholytic or full dose: what published bands say about a dose.

Every source that names a band places the two borders between the three classes: the microdose of
one source ends at or above the highest dose it calls so, its full dose begins at or below the lowest
it calls so. Between the highest dose a source calls by the lower class and the lowest another calls
by the higher, nobody has named a class, and the border is taken as anywhere there (evenly on the
logarithm). Where two sources contradict each other, half goes to either. The probability of a class
is the mean over all pairs of sources: it says how far published bands agree, no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from aponia.exposure.errors import DoseError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["APPROACHES", "Approach", "DoseBand", "Placement", "border", "place"]

Approach = Literal["microdose", "psycholytic", "full"]
APPROACHES: tuple[Approach, ...] = ("microdose", "psycholytic", "full")


@dataclass(frozen=True, slots=True)
class DoseBand:
    """What one source calls a class of doses.

    Attributes
    ----------
    row, source : str
        Rows of one source are one voice.
    substance, route : str
    form : str or None
        The preparation, when it is not the pure substance.
    word : str
        The source's own word.
    approach : str or None
        The class it stands for; None when the word names no class.
    low_mg, high_mg : float
        Ends, in mg (of the preparation, when there is one).
    """

    row: str
    source: str
    substance: str
    form: str | None
    route: str
    word: str
    approach: Approach | None
    low_mg: float
    high_mg: float


@dataclass(frozen=True, slots=True)
class Placement:
    """The class of a dose, with how far sources agree.

    Attributes
    ----------
    probabilities : mapping of str to float, or None
        microdose, psycholytic, full; they add up to 1. None when the bands do not reach.
    how : str
        ``bands`` of the substance itself, ``equivalence`` (through a published ratio to a substance
        that has bands) or ``not known``.
    rows : tuple of str
        Bands and ratios it rests on.
    n_sources : int
        Sources with a band that counts.
    why : str
        In words.
    voices : mapping of str to int
        Sources that name each class.
    people : mapping of str to float, or None
        Share of virtual people whose peak equals the typical person's at a dose of the class; None
        when the spread between people is not known.
    """

    probabilities: Mapping[str, float] | None
    how: Literal["bands", "equivalence", "not known"]
    rows: tuple[str, ...]
    n_sources: int
    why: str
    voices: Mapping[str, int] = field(default_factory=dict)
    people: Mapping[str, float] | None = None

    @property
    def most_likely(self) -> str | None:
        """Class with the highest probability; None when not known."""
        if self.probabilities is None:
            return None
        return max(APPROACHES, key=lambda a: (self.probabilities or {})[a])


def border(dose: Floats, below: Sequence[float], above: Sequence[float]) -> Floats:
    """Probability that a dose lies past the border between two classes.

    Parameters
    ----------
    dose : array
        mg, positive.
    below : sequence of float
        For each source, the highest dose it calls by the lower class.
    above : sequence of float
        For each source, the lowest dose it calls by the higher class.

    Returns
    -------
    array
        Same shape; NaN where the sources do not reach.

    Examples
    --------
    >>> import numpy as np
    >>> border(np.array([5.0, 10.0, 20.0, 40.0]), [10.0], [40.0]).tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    x = np.asarray(dose, dtype=np.float64)
    if below and above:
        total = np.zeros_like(x)
        for low in below:
            for high in above:
                if low < high:
                    share = np.log(x / low) / np.log(high / low)
                    total += np.clip(share, 0.0, 1.0)
                else:
                    total += np.where(x < high, 0.0, np.where(x <= low, 0.5, 1.0))
        out: Floats = total / (len(below) * len(above))
        return out
    out = np.full_like(x, np.nan)
    if below:
        out = np.where(x <= min(below), 0.0, out)
    if above:
        out = np.where(x >= max(above), 1.0, out)
    return out


def place(
    dose_mg: Floats, bands: Sequence[DoseBand]
) -> tuple[dict[str, float] | None, list[DoseBand]]:
    """Give the probabilities of the three classes for a dose or a sample of doses.

    Parameters
    ----------
    dose_mg : array
        One dose, or many whose probabilities are averaged.
    bands : sequence of DoseBand
        Of one substance, form and route.

    Returns
    -------
    probabilities : dict or None
        None when the bands do not reach any of the doses.
    used : list of DoseBand
        Bands that name a class.

    Raises
    ------
    DoseError
        For doses that are not positive.
    """
    x = np.atleast_1d(np.asarray(dose_mg, dtype=np.float64))
    if not (np.isfinite(x).all() and (x > 0).all()):
        raise DoseError("doses to be placed must be positive")
    used = [b for b in bands if b.approach is not None]
    highest: dict[tuple[str, str], float] = {}
    lowest: dict[tuple[str, str], float] = {}
    for b in used:
        key = (str(b.approach), b.source)
        highest[key] = max(highest.get(key, 0.0), b.high_mg)
        lowest[key] = min(lowest.get(key, np.inf), b.low_mg)

    def ends(table: Mapping[tuple[str, str], float], approach: Approach) -> list[float]:
        return [v for (a, _), v in table.items() if a == approach]

    first = border(x, ends(highest, "microdose"), ends(lowest, "psycholytic"))
    second = border(x, ends(highest, "psycholytic"), ends(lowest, "full"))
    # What lies past the upper border lies past the lower one too, and the other way round.
    first = np.where(np.isnan(first) & (second == 1), 1.0, first)
    second = np.where(np.isnan(second) & (first == 0), 0.0, second)
    if np.isnan(first).any() or np.isnan(second).any():
        return None, used
    second = np.minimum(first, second)
    full, past = float(second.mean()), float(first.mean())
    return {"microdose": 1 - past, "psycholytic": past - full, "full": full}, used
