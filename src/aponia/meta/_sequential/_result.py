"""Result of sequential monitoring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from aponia.meta._inputs import FloatArray
from aponia.meta._result import json_safe
from aponia.meta._sequential._boundaries import Boundaries

__all__ = ["SequentialResult", "StagewiseEstimate"]


@dataclass(frozen=True)
class StagewiseEstimate:
    """Inference that allows for the looks taken, at the look where monitoring stopped.

    Attributes
    ----------
    estimate : float
        Median unbiased.
    ci_lower, ci_upper, p : float
        Stage-wise ordering; the interval leaves ``alpha`` out in all (two sides), or ``alpha`` at
        each end (one side).

    Notes
    -----
    The looks are taken to be those of a Brownian motion at the information fractions: exact
    for a common effect, an approximation with heterogeneity.
    """

    estimate: float
    ci_lower: float
    ci_upper: float
    p: float


@dataclass(frozen=True)
class SequentialResult:
    """A living meta-analysis watched by error spending.

    Attributes
    ----------
    decision : {"benefit", "harm", "futility", "information reached", "continue"}
        ``"benefit"`` and ``"harm"`` mean that the boundary was crossed in the direction of
        `effect` or against it; ``"information reached"`` that the required information is there
        and no boundary was crossed.
    stop_look : int or None
        Position of the look at which monitoring stopped.
    labels : tuple of str
        Last study (or update) of each look.
    studies : ndarray of shape (m,)
        Studies in each look.
    information, fraction : ndarray of shape (m,)
        Sum of inverse sampling variances, and over the required information.
    estimate, se, z, p, tau2 : ndarray of shape (m,)
        Cumulative meta-analyses, not adjusted.
    upper, futility : ndarray of shape (m,)
        Boundaries on the Z scale (the efficacy boundary is two-sided when `sides` is 2); NaN at
        looks after the required information was reached, when nothing is left to spend.
    ci_lower, ci_upper : ndarray of shape (m,)
        Repeated confidence intervals: estimate ± boundary × se (Jennison & Turnbull 1989);
        infinite where the boundary is.
    alpha_spent : ndarray of shape (m,)
    required_information : float
        For the effect, errors and heterogeneity given, inflated for the looks when futility is
        monitored.
    required_participants : float or None
        Participants so far over the fraction reached; None without their numbers.
    adjustment : float
        Factor for heterogeneity.
    diversity, i2 : float
        Percent, of the latest meta-analysis.
    inflation : float
        Factor for the looks.
    stagewise : StagewiseEstimate or None
        Only when monitoring stopped.
    boundaries : Boundaries
        Of the looks up to the required information and a final one there.
    """

    decision: str
    stop_look: int | None
    labels: tuple[str, ...]
    studies: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    information: FloatArray
    fraction: FloatArray
    estimate: FloatArray
    se: FloatArray
    z: FloatArray
    p: FloatArray
    tau2: FloatArray
    upper: FloatArray
    futility: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    alpha_spent: FloatArray
    effect: float
    alpha: float
    power: float
    sides: int
    required_information: float
    required_participants: float | None
    adjustment: float
    diversity: float
    i2: float
    inflation: float
    stagewise: StagewiseEstimate | None
    method: str
    boundaries: Boundaries

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-safe lists and numbers (infinite limits become None)."""
        out = dict(vars(self))
        out["boundaries"] = self.boundaries.to_dict()
        out["stagewise"] = None if self.stagewise is None else vars(self.stagewise)
        return dict(json_safe(out))

    def summary(self) -> str:
        """Return the result as text."""
        lines = [
            f"Sequential monitoring: {self.decision}"
            + ("" if self.stop_look is None else f" at look {self.stop_look + 1}"),
            f"{100 * min(self.fraction[-1], 9.99):.1f}% of the required information "
            f"({self.required_information:.4g}; heterogeneity factor {self.adjustment:.3f}, "
            f"inflation {self.inflation:.3f})",
            "look  studies  fraction       z   boundary  futility",
        ]
        for j in range(self.z.size):
            lines.append(
                f"{j + 1:4d}  {self.studies[j]:7d}  {self.fraction[j]:8.3f}  {self.z[j]:6.3f}  "
                f"{self.upper[j]:9.3f}  {self.futility[j]:8.3f}"
            )
        if self.stagewise is not None:
            s = self.stagewise
            lines.append(
                f"adjusted estimate {s.estimate:.4f} ({s.ci_lower:.4f} to {s.ci_upper:.4f}), "
                f"p = {s.p:.4g}"
            )
        return "\n".join(lines)
