"""What can go wrong in a meta-analysis, and what to do about it.

::

    MetaError (ValueError)
    ├── InputError                 wrong shape, length, name, missing or contradictory argument
    │   └── VarianceError          a sampling variance that is not positive and finite
    ├── TooFewStudiesError         k is too small for what was asked
    ├── SingularDesignError        moderators are collinear or there are more of them than studies
    ├── ConvergenceError           an iterative fit did not reach its tolerance
    └── MethodError                the combination of options has no meaning

Every message names what was found, what was expected and what the caller can do.
"""

__all__ = [
    "ConvergenceError",
    "InputError",
    "MetaError",
    "MetaWarning",
    "MethodError",
    "SingularDesignError",
    "TooFewStudiesError",
    "VarianceError",
]


class MetaError(ValueError):
    """Base of every error that `aponia.meta` raises on purpose."""


class InputError(MetaError):
    """An argument has the wrong shape, length, type or name."""


class VarianceError(InputError):
    """A sampling variance is negative, zero where it may not be, or not finite."""


class TooFewStudiesError(MetaError):
    """There are too few usable studies for the model or test asked for."""


class SingularDesignError(MetaError):
    """The moderators are collinear, or there are as many coefficients as studies."""


class ConvergenceError(MetaError):
    """An iterative fit stopped before it reached its tolerance."""


class MethodError(MetaError):
    """The options asked for do not exist or do not go together."""


class MetaWarning(UserWarning):
    """Something was done that the caller should know: rows dropped, an option ignored."""
