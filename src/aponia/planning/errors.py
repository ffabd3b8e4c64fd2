"""The error of the planning engine."""

from __future__ import annotations

__all__ = ["PlanningError"]


class PlanningError(ValueError):
    """A plan that cannot be made from what was given; the message says what to do."""
