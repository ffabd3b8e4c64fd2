"""What every design is given and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from aponia.planning.endpoints import Endpoint, FloatArray
from aponia.planning.errors import PlanningError
from aponia.planning.kernels.groups import simulate_groups

__all__ = ["Cells", "Design", "Model", "Runs", "contrast", "group_sizes", "two_sided"]

#: Trials simulated by one call of a kernel; bounds memory, does not change any result.
CHUNK = 50_000
#: Degrees of freedom from which t is normal to double precision's use.
_ENDLESS = 1e7


@dataclass(frozen=True)
class Model:
    """What a trial is, apart from its design, size and true effect.

    Attributes
    ----------
    endpoint : Endpoint
    assumptions : mapping of str to float
        The numbers a plan rests on by name.
    alpha : float
        Two-sided.
    seed : int
        What a trial draws depends on it and on the number of the trial only.
    ratio : float
        People on active for one on the comparator.
    adjust : bool
        Whether the measurement before treatment is a covariate.
    looks : tuple of float
        Information fractions of a group sequential design.
    spending : str
        Its error spending function (see `aponia.meta._sequential.boundaries`).
    believe : tuple of float or None
        Shares believing they got active, on active and on comparator; None leaves expectancy out
        (as if the blind held).
    expectancy : float
        What that belief adds on the endpoint's scale.
    """

    endpoint: Endpoint
    assumptions: Mapping[str, float] = field(default_factory=dict)
    alpha: float = 0.05
    seed: int = 1
    ratio: float = 1.0
    adjust: bool = True
    looks: tuple[float, ...] = (1 / 3, 2 / 3, 1.0)
    spending: str = "OBF"
    believe: tuple[float, float] | None = None
    expectancy: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise PlanningError(f"alpha must lie between 0 and 1, found {self.alpha:g}")
        if not self.ratio > 0:
            raise PlanningError(f"ratio must be positive, found {self.ratio:g}")
        if not 0 <= self.seed < 2**63:
            raise PlanningError(f"seed must be a whole number from 0 up, found {self.seed}")
        for name in ("dropout_active", "dropout_comparator"):
            if not 0 <= self.assumptions.get(name, 0.0) <= 1:
                raise PlanningError(
                    f"{name} is a share between 0 and 1, found {self.assumptions[name]:g}"
                )
        if self.believe is not None and not all(0 <= b <= 1 for b in self.believe):
            raise PlanningError(f"shares of belief lie between 0 and 1, found {self.believe}")

    @property
    def covariate(self) -> bool:
        """Whether the analysis uses the measurement before treatment."""
        return self.adjust and self.endpoint.kind != "responder"

    def get(self, name: str, otherwise: float) -> float:
        """Return an assumption, or another value where the plan has none."""
        return float(self.assumptions.get(name, otherwise))

    def belief_locations(self, effects: FloatArray) -> FloatArray:
        """Return locations for people who believe in comparator and in active, shape (..., 2).

        Expectancy is counted from a held blind, where half of the people believe: it adds half of
        `expectancy` to those who believe and takes half from those who do not.
        """
        shift = 0.5 * self.expectancy if self.believe is not None else 0.0
        return np.stack(
            [self.endpoint.locations(effects - shift), self.endpoint.locations(effects + shift)],
            axis=-1,
        )


@dataclass(frozen=True)
class Runs:
    """Simulated trials, each analysed.

    Attributes
    ----------
    truth, estimate, se, df : ndarray of shape (B,)
        On the endpoint's scale. NaN where a trial could not be analysed (see `failed`).
    reject : ndarray of bool of shape (B,)
        Whether the two-sided test at alpha (or the design's own) rejects.
    people : ndarray of shape (B,)
        People randomised by the time the trial ended.
    failed : ndarray of bool of shape (B,)
        Too few people left, or no variation: never counted as a rejection.
    half_width : ndarray of shape (B,)
        Half the width of the confidence interval on the endpoint's scale.
    extra : dict of str to ndarray
        What a design adds, such as the look at which it stopped.
    scale : str
        Scale of truth and estimate where it is not that of the endpoint.
    """

    truth: FloatArray
    estimate: FloatArray
    se: FloatArray
    df: FloatArray
    reject: NDArray[np.bool_]
    people: FloatArray
    failed: NDArray[np.bool_]
    half_width: FloatArray
    extra: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    scale: str = ""

    def benefit(self, sign: int) -> NDArray[np.bool_]:
        """Whether the trial rejects and its estimate lies on the side of benefit."""
        with np.errstate(invalid="ignore"):
            found: NDArray[np.bool_] = self.reject & (sign * self.estimate > 0)
        return found


class Design(Protocol):
    """A design: simulated trials for true effects and a number of people."""

    def __call__(self, model: Model, effects: FloatArray, n: int, first: int = 0) -> Runs:
        """Simulate one trial for each true effect."""
        ...


@dataclass(frozen=True)
class Cells:
    """What the group kernel returns: see `aponia.planning.kernels.groups`."""

    level: FloatArray
    weight: FloatArray
    xbar: FloatArray
    rest: FloatArray


def group_cells(
    model: Model, locations: FloatArray, believe: FloatArray, dropout: FloatArray,
    size: NDArray[np.int64], first: int,
) -> Cells:  # fmt: skip
    """Run the group kernel in chunks; results do not depend on them."""
    threads = int(numba.get_num_threads())
    args = (believe, dropout, size, model.endpoint.parameters(), model.covariate, threads)
    parts = [
        simulate_groups(
            model.seed, first + at, model.endpoint.code, locations[at : at + CHUNK].copy(), *args
        )
        for at in range(0, len(locations), CHUNK)
    ]
    return Cells(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def contrast(
    cells: Cells, look: int, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return estimate, standard error and degrees of freedom of a contrast of groups.

    Parameters
    ----------
    cells : Cells
    look : int
    weights : ndarray of shape (G,)
        Sum to 0. Groups with weight 0 may be empty.

    Returns
    -------
    estimate, se, df : ndarray of shape (B,)
        NaN where the analysis could not be done.
    """
    used = weights != 0
    y, w, x = (a[:, look][:, used] for a in (cells.level, cells.weight, cells.xbar))
    slope, information, df = cells.rest[:, look].T
    c = weights[used]
    good = (w > 0).all(axis=1) & (df >= 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = x @ c
        estimate = y @ c - slope * shift
        variance = (c * c / w).sum(axis=1) + np.where(
            np.isfinite(information), shift**2 / information, 0
        )
    se = np.sqrt(np.where(good, variance, np.nan))
    return np.where(good, estimate, np.nan), se, df


def critical_t(df: FloatArray, alpha: float) -> FloatArray:
    """Return two-sided critical values of t; one quantile for each distinct number."""
    values, where = np.unique(np.where(df < 1, 1.0, np.minimum(df, _ENDLESS)), return_inverse=True)
    found: FloatArray = np.asarray(stats.t.ppf(1 - alpha / 2, values))[where]
    return found


def two_sided(
    truth: FloatArray,
    estimate: FloatArray,
    se: FloatArray,
    df: FloatArray,
    alpha: float,
    people: float,
) -> Runs:
    """Test every trial against no difference, two-sided."""
    c = critical_t(df, alpha)
    failed = ~(np.isfinite(estimate) & np.isfinite(se) & (se > 0))
    with np.errstate(invalid="ignore"):
        reject = ~failed & (np.abs(estimate) > c * se)
    return Runs(
        truth, np.where(failed, np.nan, estimate), np.where(failed, np.nan, se), df, reject,
        np.full(len(truth), float(people)), failed, np.where(failed, np.nan, c * se),
    )  # fmt: skip


def group_sizes(n: int, ratio: float) -> tuple[int, int]:
    """Split people into (comparator, active); both get at least one.

    Raises
    ------
    PlanningError
        With fewer than two people.
    """
    if n < 2:
        raise PlanningError(f"a trial with groups needs at least two people, found {n}")
    active = min(n - 1, max(1, round(n * ratio / (1 + ratio))))
    return n - active, active
