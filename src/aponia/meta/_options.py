"""Names of methods and tests: spelling, synonyms, and what goes together."""

from __future__ import annotations

from dataclasses import dataclass

from aponia.meta.errors import InputError, MethodError
from aponia.meta.kernels.estimate import FIXED, METHODS

__all__ = ["FIXED", "METHODS", "TESTS", "Options", "check_level", "check_method", "check_test"]

TESTS = ("z", "t", "knha", "adhoc")
_METHOD_OF = {name.upper(): name for name in METHODS} | {"HSK": "HSk"}
_TEST_OF = {name: name for name in TESTS} | {"hksj": "knha", "kh": "knha", "norm": "z"}


@dataclass(frozen=True, slots=True)
class Options:
    """What a pooled result was asked for.

    Attributes
    ----------
    method, test, level
        As given to `aponia.meta.pool`, in canonical spelling.
    fixed_tau2 : float or None
        The value of `tau2` when it was given and not estimated.
    btt : tuple of int
        Indices of the coefficients that the omnibus test covers.
    link : str or None
        Link of the scale part; None for a model without one.
    """

    method: str
    test: str
    level: float
    fixed_tau2: float | None
    btt: tuple[int, ...]
    link: str | None = None


def check_method(method: str) -> str:
    """Return the canonical spelling of a tau2 estimator.

    Raises
    ------
    MethodError
        Unknown name.

    Examples
    --------
    >>> check_method("reml"), check_method("hsk")
    ('REML', 'HSk')
    """
    found = _METHOD_OF.get(str(method).upper())
    if found is None:
        raise MethodError(f"method={method!r} is not known; use one of {', '.join(METHODS)}")
    return found


def check_test(test: str) -> str:
    """Return the canonical spelling of a test; ``hksj`` means ``knha``.

    Raises
    ------
    MethodError
        Unknown name.
    """
    found = _TEST_OF.get(str(test).lower())
    if found is None:
        raise MethodError(f"test={test!r} is not known; use one of {', '.join(TESTS)}")
    return found


def check_level(level: float) -> float:
    """Return a confidence level as a proportion.

    Raises
    ------
    InputError
        Not strictly between 0 and 1.
    """
    value = float(level)
    if not 0.0 < value < 1.0:
        hint = f"; did you mean {value / 100}?" if 1.0 < value < 100.0 else ""
        raise InputError(f"level={level!r} must lie between 0 and 1{hint}")
    return value
