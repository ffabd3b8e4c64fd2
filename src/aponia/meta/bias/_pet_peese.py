"""PET-PEESE: the limit of the funnel as the standard error goes to zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from aponia.meta._inputs import ColumnLike
from aponia.meta._result import json_safe
from aponia.meta.bias._asymmetry import EggerTest, regression_test
from aponia.meta.bias._studies import read_studies
from aponia.meta.errors import InputError, MethodError

__all__ = ["PetPeese", "pet_peese"]


@dataclass(frozen=True)
class PetPeese:
    """Conditional PET-PEESE estimate.

    Attributes
    ----------
    pet, peese : EggerTest
        Regressions on the standard error and on the variance.
    selected : {"PET", "PEESE"}
    estimate, se, ci_lower, ci_upper, p : float
        Limit estimate of the selected regression.
    alpha : float
        Level at which PET's limit estimate was tested.
    """

    pet: EggerTest
    peese: EggerTest
    selected: str
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    p: float
    alpha: float

    def summary(self) -> str:
        """Return the result as text."""
        return (
            f"PET-PEESE (k = {self.pet.k}): {self.selected} selected\n"
            f"estimate {self.estimate:.4f} [{self.ci_lower:.4f}, {self.ci_upper:.4f}], "
            f"p = {self.p:.4f}\n"
            f"PET {self.pet.limit:.4f} (p = {self.pet.limit_p:.4f}), PEESE {self.peese.limit:.4f}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and nested dictionaries."""
        out = {str(k): json_safe(v) for k, v in vars(self).items() if k not in ("pet", "peese")}
        return {**out, "pet": self.pet.to_dict(), "peese": self.peese.to_dict()}


def pet_peese(
    effects: Any,
    v: ColumnLike | None = None,
    *,
    model: Literal["lm", "rma"] = "lm",
    alpha: float = 0.05,
    alternative: Literal["two-sided", "greater", "less"] = "two-sided",
    se: ColumnLike | None = None,
    method: str | None = None,
    test: str | None = None,
    level: float | None = None,
    data: Any = None,
) -> PetPeese:
    """Precision-effect test and precision-effect estimate with standard error.

    Parameters
    ----------
    effects, v, se, method, test, level, data
        As in `egger`.
    model : {"lm", "rma"}
        Weighted regression with multiplicative dispersion (as published), or meta-regression.
    alpha : float
        PEESE is reported when PET's limit estimate differs from zero at this level.
    alternative : {"two-sided", "greater", "less"}
        Direction of that test.

    Returns
    -------
    PetPeese

    Raises
    ------
    MethodError
        A model with moderators, or an unknown option.
    SingularDesignError, TooFewStudiesError
        As in `egger`.

    Notes
    -----
    Stanley and Doucouliagos, Res Synth Methods 2014;5:60.

    Examples
    --------
    >>> y, v = [0.9, 0.5, 0.4, 0.2], [0.25, 0.09, 0.06, 0.01]
    >>> pet_peese(y, v).selected
    'PET'
    """
    studies = read_studies(effects, v, se=se, method=method, test=test, level=level, data=data)
    studies.need_intercept_only("PET-PEESE")
    if not 0 < alpha < 1:
        raise InputError(f"alpha must be between 0 and 1, found {alpha!r}")
    pet = regression_test(studies, model, "sei")
    peese = regression_test(studies, model, "vi")
    assert pet.limit is not None
    assert pet.limit_p is not None
    if alternative == "two-sided":
        p = pet.limit_p
    elif alternative in ("greater", "less"):
        right = (pet.limit > 0) == (alternative == "greater")
        p = pet.limit_p / 2 if right else 1 - pet.limit_p / 2
    else:
        raise MethodError(f"alternative={alternative!r}: choose 'two-sided', 'greater' or 'less'")
    chosen = peese if p < alpha else pet
    assert chosen.limit is not None
    return PetPeese(
        pet=pet,
        peese=peese,
        selected="PEESE" if chosen is peese else "PET",
        estimate=chosen.limit,
        se=float(chosen.limit_se or 0.0),
        ci_lower=float(chosen.limit_lower or 0.0),
        ci_upper=float(chosen.limit_upper or 0.0),
        p=float(chosen.limit_p or 0.0),
        alpha=alpha,
    )
