"""How often one address may ask for work that costs the server something."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from fastapi import HTTPException, Request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

__all__ = ["Rates", "limited"]


class Rates:
    """The limits of an application, by the kind of work; kept in memory, one process.

    Parameters
    ----------
    rates : dict
        Kind of work to a rate, ``{"check": "20/minute"}``.
    """

    def __init__(self, rates: dict[str, str]) -> None:
        self._items: dict[str, RateLimitItem] = {kind: parse(text) for kind, text in rates.items()}
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, kind: str, address: str) -> int:
        """Count one request and return 0, or return the seconds to wait when it is one too many."""
        item = self._items[kind]
        if self._limiter.hit(item, kind, address):
            return 0
        reset = self._limiter.get_window_stats(item, kind, address).reset_time
        return max(1, math.ceil(reset - time.time()))


def limited(kind: str) -> Callable[[Request], None]:
    """Return a dependency that refuses a request beyond the rate of its kind with 429.

    Parameters
    ----------
    kind : str
        A key of ``AppConfig.rates``.
    """

    def check(request: Request) -> None:
        address = request.client.host if request.client else ""
        seconds = request.app.state.rates.wait(kind, address)
        if seconds:
            raise HTTPException(
                429,
                f"too many requests of this kind from one address; try again in {seconds} s",
                {"Retry-After": str(seconds)},
            )

    return check
