"""Run the application behind uvicorn, with bounds on what a client may hold open."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.auto import AutoHTTPProtocol

__all__ = ["PatientProtocol", "listen", "run"]

#: Connections and requests at a time; one more is told to come back.
_CONNECTIONS = 512
#: Seconds until a request's head must be there, and until an idle connection is closed.
_HEAD_SECONDS = 10.0
_IDLE_SECONDS = 15
_HEAD_BYTES = 32 * 1024
_Protocol: Any = AutoHTTPProtocol


class PatientProtocol(_Protocol):  # type: ignore[misc]
    """Close a connection that does not bring the head of its request in time, or brings no end of it.

    uvicorn waits for ever for the first byte and for the rest of a head, so that a few hundred idle
    connections would keep everybody out; and only one of its two parsers bounds a head.
    """

    seconds = _HEAD_SECONDS
    _head_bytes = 0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._waiting = self.loop.call_later(self.seconds, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Take bytes; go on waiting while they are no whole head."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > _HEAD_BYTES:
            self._give_up()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(self.seconds, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._stop_waiting()
        self.transport.close()


def listen(host: str, port: int) -> socket.socket:
    """Return an open socket; who asks before the server runs waits instead of being refused.

    Raises
    ------
    OSError
        The address is taken or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host.strip("[]"), port))
    except OSError:
        listening.close()
        raise
    listening.listen(512)
    return listening


def run(
    app: FastAPI,
    listening: socket.socket,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
) -> None:
    """Serve until told to stop.

    Parameters
    ----------
    app : FastAPI
    listening : socket
    certificate, key : Path, optional
        TLS, as PEM files.
    """
    # Headers a proxy adds are not believed: without --login they are refused, with it they are not needed.
    server = uvicorn.Server(uvicorn.Config(
        app, http=PatientProtocol, ws="none", log_level="warning", access_log=False, server_header=False, proxy_headers=False,
        limit_concurrency=_CONNECTIONS, timeout_keep_alive=_IDLE_SECONDS, timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=_HEAD_BYTES,
        ssl_certfile=str(certificate) if certificate else None, ssl_keyfile=str(key) if key else None,
    ))  # fmt: skip
    server.run(sockets=[listening])
