"""A meta-analysis of numbers that a caller gives; they are not kept."""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from aponia import meta
from aponia.site.reading.frame import NOTICE

__all__ = ["PoolInputs", "pool_studies"]

#: Catching warnings changes the state of the whole process, so one analysis at a time; each takes
#: milliseconds.
_one = threading.Lock()


@dataclass(frozen=True)
class PoolInputs:
    """What is pooled, and how.

    Attributes
    ----------
    columns : mapping of str to sequence of float or None
        By the names of `aponia.meta.effect_sizes`; ``y`` with ``v`` or ``se`` for effects that exist.
    labels : sequence of str
        Names of the studies, each as often as there are studies.
    measure : str or None
        Code of the effect size to compute from raw columns.
    method, test, level
        As in `aponia.meta.pool`.
    tau_prior, mean_prior
        As in `aponia.meta.bayes`, which runs beside it unless `tau_prior` is None.
    """

    columns: Mapping[str, Sequence[float | None]]
    labels: Sequence[str]
    measure: str | None = None
    method: str = "REML"
    test: Literal["z", "t", "knha", "adhoc"] = "z"
    level: float = 0.95
    tau_prior: str | None = "half-normal(0.5)"
    mean_prior: tuple[float, float] | None = None


def pool_studies(inputs: PoolInputs) -> dict[str, Any]:
    """Pool studies: the frequentist fit, and the Bayesian one beside it.

    Parameters
    ----------
    inputs : PoolInputs

    Returns
    -------
    dict
        The result of ``aponia pool --json`` with the effects of the single studies, the Bayesian
        result under ``bayes``, and what the computation warned of under ``used``.

    Raises
    ------
    MetaError
        Numbers that can not be, too few studies, an unknown measure or method, no convergence.
    """
    with _one, warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", meta.MetaWarning)
        y, v, scale = _effects(inputs)
        fit = meta.pool(
            y, v, labels=list(inputs.labels), method=inputs.method, test=inputs.test,
            level=inputs.level,
        )  # fmt: skip
        result = fit.to_dict()
        if any(x is None for x in (*result["coef"], *result["se"])):
            raise meta.InputError("the numbers are too large, too small or too far apart to pool")
        second = None
        if inputs.tau_prior is not None:
            second = meta.bayes(
                y[fit.kept], v[fit.kept], tau_prior=inputs.tau_prior,
                mean_prior=inputs.mean_prior, level=inputs.level, labels=list(fit.labels),
            ).to_dict()  # fmt: skip
    said = [str(w.message) for w in caught if issubclass(w.category, meta.MetaWarning)]
    if fit.n_dropped:
        out = [name for name, kept in zip(inputs.labels, fit.kept, strict=True) if not kept]
        said.append(f"not in the analysis: {', '.join(out)}")
    effects = [
        {"label": label, "y": _safe(a), "v": _safe(b)}
        for label, a, b in zip(inputs.labels, y, v, strict=True)
    ]
    return {
        "notice": NOTICE,
        "scale": scale,
        "effects": effects,
        **result,
        "labels": list(fit.labels),
        "used": list(dict.fromkeys(said)),
        "bayes": second,
    }


def _safe(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _effects(inputs: PoolInputs) -> tuple[np.ndarray, np.ndarray, str]:
    columns = {
        name: np.array([math.nan if x is None else x for x in values], dtype=float)
        for name, values in inputs.columns.items()
    }
    if inputs.measure is not None:
        made = meta.effect_sizes(inputs.measure, labels=list(inputs.labels), **columns)  # type: ignore[arg-type]
        title = made.title[:1].lower() + made.title[1:]
        return made.y, made.v, f"{title} ({inputs.measure}), on the analysis scale"
    extra = sorted(set(columns) - {"y", "v", "se"})
    if extra:
        raise meta.InputError(
            f"without a measure the effects are given as y with v or se; found also {', '.join(extra)}"
        )
    if "y" not in columns or ("v" in columns) == ("se" in columns):
        raise meta.InputError("every study needs y and either v (the variance) or se, or a measure is named")  # fmt: skip
    variances = columns["v"] if "v" in columns else columns["se"] ** 2
    return columns["y"], variances, "as given"
