"""Do two things change together in the same people? Correlations with their intervals.

Most papers here print no coefficient. For those that do, the 95% interval is worked out from r and
n with Fisher's z (Fisher 1921). For those that only say "no correlation", nothing is estimated;
what is worked out is how strong a correlation a group of that size could not have ruled out, had
it been exactly zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from aponia.answers.mechanism import Finding

__all__ = ["Relation", "fisher_interval", "relation"]

_Z = 1.959963984540054
Interval = tuple[float, float]


@dataclass(frozen=True)
class Relation:
    """One relation between two measures in the same people.

    Attributes
    ----------
    finding : Finding
        Where it stands.
    r : float or None
        The coefficient, when printed.
    kind : str
        ``r``, ``rho`` or "".
    n : int or None
        People it rests on, when read.
    interval : tuple of float or None
        95% interval of r, derived; None without r or n.
    open_range : tuple of float or None
        For a relation told without a coefficient: the 95% interval a correlation of exactly zero
        would have in a group of n. Not an estimate.
    p : str or None
        As printed.
    """

    finding: Finding
    r: float | None
    kind: str
    n: int | None
    interval: Interval | None
    open_range: Interval | None
    p: str | None


def fisher_interval(r: float, n: int) -> Interval | None:
    """Work out the 95% interval of a correlation from its size and n.

    Parameters
    ----------
    r : float
        Between -1 and 1, both excluded.
    n : int
        People.

    Returns
    -------
    tuple of float or None
        None with fewer than four people, for whom it does not exist.

    Raises
    ------
    ValueError
        If r is not a correlation below 1.

    Notes
    -----
    z = artanh r has a standard error of 1/sqrt(n - 3) for Pearson's r.

    Examples
    --------
    >>> [round(x, 2) for x in fisher_interval(-0.81, 10)]
    [-0.95, -0.37]
    """
    if not -1 < r < 1:
        raise ValueError(f"{r!r} is not a correlation between -1 and 1")
    if n < 4:
        return None
    z, half = math.atanh(r), _Z / math.sqrt(n - 3)
    return math.tanh(z - half), math.tanh(z + half)


def relation(finding: Finding) -> Relation:
    """Read the relation a finding tells of.

    Parameters
    ----------
    finding : Finding
        Of a link ``together``, ``together-volunteers`` or ``together-mood``.

    Returns
    -------
    Relation
    """
    outcome = finding.outcome
    contrast = outcome.contrast if outcome is not None else None
    r = contrast.value if contrast is not None and contrast.measure == "COR" else None
    kind = ""
    if contrast is not None and r is not None:
        kind = "rho" if "rho" in (contrast.measure_text or "").lower() else "r"
    n = finding.row.n
    # Recalled answers of self-chosen people err in other ways than by chance: no range for surveys.
    blind = r is None and finding.row.direction == "null" and finding.study.design != "survey"
    return Relation(
        finding,
        r,
        kind,
        n,
        fisher_interval(r, n) if r is not None and n is not None else None,
        fisher_interval(0.0, n) if blind and n is not None else None,
        str(contrast.p) if contrast is not None and contrast.p is not None else None,
    )
