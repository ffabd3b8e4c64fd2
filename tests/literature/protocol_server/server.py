"""The server: the services by their names, request log, ETags, and faults on demand."""

from __future__ import annotations

import email.utils
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from .services import SERVICES, Asked, Reply, Settings


@dataclass
class Fault:
    """What goes wrong with a request.

    ``kind``: ``busy`` (429 with Retry-After in seconds), ``busy-date``, ``busy-long`` (an hour), a status
    as ``503``, ``cut`` (fewer bytes than Content-Length), ``half`` (half the body, with the right length),
    ``html`` (a page of HTML with 200), ``drip``, ``elsewhere`` and ``moved`` (redirects), ``hang-up``,
    ``change`` (the body goes through `change`), ``huge``.
    """

    kind: str
    times: int = 1
    skip: int = 0
    path: str = ""
    change: Callable[[bytes], bytes] = lambda body: body


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news here."""


@dataclass
class ProtocolServer:
    """Run with ``with ProtocolServer() as server``; clients use ``server.base(name)``."""

    settings: Settings = field(default_factory=Settings)
    faults: list[Fault] = field(default_factory=list)
    log: list[Asked] = field(default_factory=list)
    port: int = 0
    etags: bool = True
    pause: float = 0.0

    def __enter__(self) -> ProtocolServer:
        owner = self

        class Handler(_Handler):
            server_state = owner

        self._server = _Quiet(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def base(self, name: str) -> str:
        return f"{self.address}/{name}"

    def fault_for(self, asked: Asked) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.path in asked.path:
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together; apart, the second would wait for the first's receipt.
    wbufsize = 65_536
    disable_nagle_algorithm = True
    server_state: ProtocolServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        state = self.server_state
        parts = urlsplit(self.path)
        name, _, rest = parts.path.lstrip("/").partition("/")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        if "form" in self.headers.get("Content-Type", ""):
            params |= dict(parse_qsl(body.decode(), keep_blank_values=True))
        asked = Asked(
            method, f"/{rest}", params, {k.lower(): v for k, v in self.headers.items()}, body
        )
        state.log.append(asked)
        time.sleep(state.pause)
        service = SERVICES.get(name)
        reply = (
            service(asked, state.settings) if service else Reply(b"not found", 404, "text/plain")
        )
        fault = state.fault_for(asked)
        if fault is not None and self._faulty(fault, reply):
            return
        self._send(reply, method)

    def _send(self, reply: Reply, method: str) -> None:
        tag = f'"{hashlib.sha256(reply.body).hexdigest()[:16]}"'
        known = self.headers.get("If-None-Match")
        headers = dict(reply.headers)
        if self.server_state.etags and method == "GET" and reply.status == 200:
            headers |= {"ETag": tag, "Cache-Control": "no-cache"}
            if known == tag:
                reply = Reply(b"", 304, reply.kind)
        self.send_response(reply.status)
        for key, value in {"Content-Type": reply.kind, **headers}.items():
            self.send_header(key, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _faulty(self, fault: Fault, reply: Reply) -> bool:
        """Do the damage; False when the (changed) reply still has to be sent."""
        kind = fault.kind
        if kind == "change":
            reply.body = fault.change(reply.body)
            return False
        if kind == "half":
            reply.body = reply.body[: len(reply.body) // 2]
            return False
        if kind == "html":
            reply.body, reply.kind = (
                b"<!DOCTYPE html><html><body>Down for maintenance</body></html>",
                "text/html",
            )
            return False
        if kind == "huge":
            reply.body = b" " * 300_000 + reply.body
            return False
        if kind in {"busy", "busy-date", "busy-long"}:
            later = {
                "busy": "2",
                "busy-long": "3600",
                "busy-date": email.utils.formatdate(time.time() + 30, usegmt=True),
            }[kind]
            self._send(Reply(b'{"error":"slow down"}', 429, headers={"Retry-After": later}), "POST")
            return True
        if kind in {"elsewhere", "moved"}:
            where = "http://example.org/x" if kind == "elsewhere" else self.path
            self._send(Reply(b"", 302, headers={"Location": where}), "POST")
            return True
        if kind.isdecimal():
            # Some servers repeat the address, key and all, in what they say of an error.
            self._send(
                Reply(f"error while serving {self.path}".encode(), int(kind), "text/plain"), "POST"
            )
            return True
        self.close_connection = True
        if kind == "hang-up":
            return True
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            if kind == "cut":
                self.wfile.write(reply.body[: len(reply.body) // 2])
            else:  # drip
                for n in range(len(reply.body)):
                    self.wfile.write(reply.body[n : n + 1])
                    self.wfile.flush()
                    time.sleep(0.05)
        except OSError:
            pass
        return True
