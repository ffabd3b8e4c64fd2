"""What `effect_sizes` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aponia.meta._inputs import FloatArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EffectSizes"]


@dataclass(frozen=True, eq=False)
class EffectSizes:
    """Effect sizes with their sampling variances, one row a study.

    Attributes
    ----------
    y, v : ndarray of shape (k,)
        Effects and sampling variances, on the scale of `measure` (ratios are logs). NaN where an
        input was missing, where `drop00` dropped the study, or where a warning said why.
    n : ndarray of shape (k,)
        Total sample size (person-time for rates), NaN if unknown.
    measure, title : str
        Code and name of the measure.
    labels : tuple of str
    vtype : tuple of str
        Which sampling variance each row has.
    level : float
        Confidence level of the intervals.
    back : str
        Name in `aponia.meta.transform` that brings y to a scale people read, or "".
    adjusted, dropped : ndarray of bool
        Rows to which a constant was added because of zero cells; rows dropped by `drop00`.
    """

    y: FloatArray
    v: FloatArray
    n: FloatArray
    measure: str
    title: str
    labels: tuple[str, ...]
    vtype: tuple[str, ...]
    level: float
    back: str
    adjusted: NDArray[np.bool_]
    dropped: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.y.size)

    @property
    def k(self) -> int:
        """Number of rows with both an effect and a variance."""
        return int(np.sum(~np.isnan(self.y) & ~np.isnan(self.v)))

    @property
    def se(self) -> FloatArray:
        """Standard errors."""
        return np.sqrt(self.v)

    @property
    def ci_lower(self) -> FloatArray:
        """Lower bounds of the Wald intervals."""
        return self.y - self._critical() * self.se

    @property
    def ci_upper(self) -> FloatArray:
        """Upper bounds of the Wald intervals."""
        return self.y + self._critical() * self.se

    def _critical(self) -> float:
        from scipy.special import ndtri

        return float(ndtri((1 + self.level) / 2))

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas frame: label, y, v, se, ci_lower, ci_upper, n."""
        import pandas as pd

        return pd.DataFrame(
            {
                "label": list(self.labels),
                "y": self.y,
                "v": self.v,
                "se": self.se,
                "ci_lower": self.ci_lower,
                "ci_upper": self.ci_upper,
                "n": self.n,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and strings, missing as None."""

        def plain(values: FloatArray) -> list[float | None]:
            return [float(x) if np.isfinite(x) else None for x in values]

        return {
            "measure": self.measure,
            "title": self.title,
            "labels": list(self.labels),
            "y": plain(self.y),
            "v": plain(self.v),
            "se": plain(self.se),
            "ci_lower": plain(self.ci_lower),
            "ci_upper": plain(self.ci_upper),
            "n": plain(self.n),
            "vtype": list(self.vtype),
            "level": self.level,
            "back": self.back,
            "adjusted": [bool(x) for x in self.adjusted],
            "dropped": [bool(x) for x in self.dropped],
        }

    def summary(self) -> str:
        """Return a table for the terminal."""
        percent = f"{100 * self.level:g}%"
        width = max([5, *(len(label) for label in self.labels)])
        lines = [
            f"{self.title} ({self.measure}), {self.k} of {len(self)} studies",
            f"{'study':<{width}}  {'y':>9}  {'se':>9}  {percent + ' interval':>21}",
        ]
        for label, y, se, low, high in zip(
            self.labels, self.y, self.se, self.ci_lower, self.ci_upper, strict=True
        ):
            interval = f"{low:9.4f} to {high:8.4f}"
            lines.append(f"{label:<{width}}  {y:9.4f}  {se:9.4f}  {interval:>21}")
        if self.adjusted.any():
            lines.append(
                f"A constant was added to zero cells in {int(self.adjusted.sum())} studies."
            )
        return "\n".join(lines)
