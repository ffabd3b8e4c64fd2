"""The error a chart raises for input it must not draw."""

from __future__ import annotations

__all__ = ["ChartError"]


class ChartError(ValueError):
    """The input of a chart is wrong: the message names the row and what was expected."""
