"""Equal doses of two substances, by published ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aponia.exposure.dosing import Dose
from aponia.exposure.errors import DoseError, NotKnownError

__all__ = ["Equivalence", "Equivalent", "convert"]


@dataclass(frozen=True, slots=True)
class Equivalence:
    """One published statement that two doses are alike, or that one is the stronger.

    Attributes
    ----------
    row, source : str
    substance_a, substance_b : str
    form_a, form_b : str or None
    ratio : float or None
        Mass of a that equals one unit of mass of b; None when only bounds are stated.
    low, high : float or None
        Bounds of the ratio; one of them alone is an inequality.
    strength, basis : str
        The source's.
    """

    row: str
    source: str
    substance_a: str
    form_a: str | None
    substance_b: str
    form_b: str | None
    ratio: float | None
    low: float | None
    high: float | None
    strength: str
    basis: str

    def turned(self) -> Equivalence:
        """Read the same statement from b to a."""

        def over(x: float | None) -> float | None:
            return None if x is None else 1 / x

        return Equivalence(
            self.row, self.source, self.substance_b, self.form_b, self.substance_a, self.form_a,
            over(self.ratio), over(self.high), over(self.low), self.strength, self.basis,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A dose of another substance that published ratios call alike.

    Attributes
    ----------
    mg : float
        Geometric mean over the sources that state a ratio.
    low_mg, high_mg : float
        Smallest and largest over all statements, bounds included.
    by_row : mapping-like tuple of (str, float or None, float or None, float or None)
        Row, mg, lowest and highest mg by this row alone.
    n_sources : int
        Sources that state a ratio.
    note : str
        What kind of likeness it is.
    """

    mg: float
    low_mg: float
    high_mg: float
    by_row: tuple[tuple[str, float | None, float | None, float | None], ...]
    n_sources: int
    note: str


def convert(
    dose: Dose,
    from_: str,
    to: str,
    ratios: Sequence[Equivalence],
    *,
    to_form: str | None = None,
    weight: float = 70.0,
) -> Equivalent:
    """Give the dose of `to` that published ratios call equal to a dose of `from_`.

    Parameters
    ----------
    dose : Dose
        Its form is the form of `from_`.
    from_, to : str
        Substances.
    ratios : sequence of Equivalence
    to_form : str, optional
        Preparation of `to`.
    weight : float
        For doses per kilogram.

    Returns
    -------
    Equivalent

    Raises
    ------
    NotKnownError
        When no source states a ratio for this pair; steps over a third substance are not taken.

    Notes
    -----
    Direct statements only. A source counts once in the mean, however many rows it has.
    """
    if from_ == to and dose.form == to_form:
        raise DoseError("a dose is equal to itself")
    both = [*ratios, *(r.turned() for r in ratios)]
    found = [
        r
        for r in both
        if (r.substance_a, r.form_a, r.substance_b, r.form_b) == (from_, dose.form, to, to_form)
    ]
    stated = [r for r in found if r.ratio is not None]
    if not stated:
        raise NotKnownError(f"no source states which dose of {to} equals a dose of {from_}")
    mg = float(dose.mg(weight))
    sources: dict[str, list[float]] = {}
    rows = []
    ends: list[float] = []
    for r in found:
        # A larger ratio means that less of b is needed.
        value = None if r.ratio is None else mg / r.ratio
        low = None if r.high is None else mg / r.high
        high = None if r.low is None else mg / r.low
        rows.append((r.row, value, low, high))
        if r.ratio is not None:
            sources.setdefault(r.source, []).append(math.log(mg / r.ratio))
        # A lone bound says only on which side equality lies, so it widens nothing.
        two_sided = low is not None and high is not None
        ends += [x for x in (value, *((low, high) if two_sided else ())) if x is not None]
    centre = math.exp(sum(sum(v) / len(v) for v in sources.values()) / len(sources))
    return Equivalent(
        centre, min(ends), max(ends), tuple(rows), len(sources),
        "alike in the basis each source names, mostly peak subjective effects; durations differ",
    )  # fmt: skip
