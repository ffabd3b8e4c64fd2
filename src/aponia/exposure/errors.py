"""What can go wrong when an exposure is worked out.

::

    ExposureError (ValueError)
    ├── DoseError       a dose, unit or schedule that has no meaning here
    └── NotKnownError   the evidence holds no figure for what was asked; the message says which
"""

__all__ = ["DoseError", "ExposureError", "NotKnownError"]


class ExposureError(ValueError):
    """Base of every error that `aponia.exposure` raises on purpose."""


class DoseError(ExposureError):
    """A dose, a unit, a weight or a schedule cannot be read or has no meaning."""


class NotKnownError(ExposureError):
    """No source gives what would be needed; nothing is made up in its place."""
