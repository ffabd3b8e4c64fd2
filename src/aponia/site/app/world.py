"""The evidence base and its answers, read once a process and shared by every feature of the server."""

from __future__ import annotations

import datetime
import threading
from pathlib import Path

from fastapi import Request

from aponia import __version__
from aponia import evidence as evidence_package
from aponia.answers import answer_all
from aponia.site.views.common import World

__all__ = ["load_world", "world_of"]

_worlds: dict[tuple[str | None, str], World] = {}
_lock = threading.Lock()


def load_world(evidence: Path | None = None) -> World:
    """Return the base with all its answers; the day is today's, the rest is kept for the process.

    Parameters
    ----------
    evidence : Path, optional
        Another evidence base.
    """
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    key = (str(evidence) if evidence else None, today)
    with _lock:
        world = _worlds.get(key)
        if world is None:
            older = next((w for (path, _), w in _worlds.items() if path == key[0]), None)
            base = older.base if older else evidence_package.load(evidence)
            answers = older.answers if older else answer_all(base)
            world = World(base, answers, today, __version__)
            for stale in [k for k in _worlds if k[0] == key[0]]:
                del _worlds[stale]
            _worlds[key] = world
        return world


def world_of(request: Request) -> World:
    """Return the world the application serves; usable as a FastAPI dependency."""
    return load_world(request.app.state.config.evidence)
