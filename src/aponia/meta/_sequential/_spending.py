"""Spending functions: how much of an error rate may be used up at a fraction of the information."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from aponia.meta.errors import InputError, MethodError

__all__ = ["Spending", "spending_function"]

#: Fraction of the information -> cumulative error spent.
Spending: TypeAlias = Callable[[float], float]


def spending_function(
    name: str | Spending, error: float, parameter: float | None = None
) -> Spending:
    """Return a spending function that reaches `error` at fraction 1.

    Parameters
    ----------
    name : {"OBF", "Pocock", "power", "HSD"} or callable
        O'Brien-Fleming type and Pocock type (Lan & DeMets 1983), power family (Kim & DeMets
        1987), Hwang-Shih-DeCani (1990). A callable is used as it is.
    error : float
        One tail.
    parameter : float, optional
        Exponent of the power family, gamma of HSD.

    Returns
    -------
    callable

    Raises
    ------
    MethodError
        Unknown name, or a parameter that is missing or not wanted.
    """
    if callable(name):
        return name
    if name in ("power", "HSD"):
        if parameter is None or not math.isfinite(parameter):
            raise MethodError(f"spending={name!r} needs its parameter=")
        rho = float(parameter)
        if name == "power":
            if rho <= 0:
                raise InputError("the exponent of the power family must be positive")
            return lambda t: error * _unit(t) ** rho
        if rho == 0:
            return lambda t: error * _unit(t)
        return lambda t: error * math.expm1(-rho * _unit(t)) / math.expm1(-rho)
    if parameter is not None:
        raise MethodError(f"spending={name!r} takes no parameter")
    if name == "OBF":
        z = -float(ndtri(error / 2))
        return lambda t: 2 * float(ndtr(-z / math.sqrt(_unit(t)))) if t > 0 else 0.0
    if name == "Pocock":
        return lambda t: error * math.log1p((math.e - 1) * _unit(t))
    raise MethodError(
        f"spending must be 'OBF', 'Pocock', 'power', 'HSD' or a function, found {name!r}"
    )


def _unit(t: float) -> float:
    return float(np.clip(t, 0.0, 1.0))
