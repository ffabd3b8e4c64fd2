"""How patient, careful and open the transport is; and where it keeps answers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["TransportSettings", "cache_folder"]


def cache_folder() -> Path:
    """Return where answers are kept: ``APONIA_CACHE``, else the user's cache directory."""
    own = os.environ.get("APONIA_CACHE", "").strip()
    if own:
        return Path(own)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "aponia"
    base = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else os.environ.get("XDG_CACHE_HOME")  # fmt: skip
    return (Path(base) if base else Path.home() / ".cache") / "aponia"


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """How patient to be.

    Parameters
    ----------
    connect, read : float
        Seconds to connect, and between two pieces of a body.
    total : float
        Seconds for one attempt from request to last byte: a slow drip ends here.
    attempts : int
        Requests made at most for one page, the first one counted.
    backoff : float
        Seconds; doubled at each attempt, drawn evenly between half and all of it.
    longest_wait : float
        Seconds; a server that asks for more gets no further request.
    max_bytes : int
        Largest body read, unpacked.
    cache : Path or None
        Folder of the cache; None for none.
    contact : str
        Address of a person, sent in ``User-Agent`` and where a source asks for one.
    sleep : callable
        Called with seconds to wait.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 120.0
    attempts: int = 6
    backoff: float = 1.0
    longest_wait: float = 120.0
    max_bytes: int = 64_000_000
    cache: Path | None = None
    contact: str = ""
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def from_environment(cls) -> TransportSettings:
        """Take the contact from ``APONIA_CONTACT`` and the cache from ``APONIA_CACHE``.

        Raises
        ------
        ValueError
            The contact is no e-mail address.
        """
        contact = os.environ.get("APONIA_CONTACT", "").strip()
        if contact and ("@" not in contact or not contact.isascii() or any(c.isspace() or c in "<>();," for c in contact)):  # fmt: skip
            raise ValueError(f"APONIA_CONTACT is {contact!r}, expected one e-mail address")
        return cls(contact=contact, cache=cache_folder() / "sources")
