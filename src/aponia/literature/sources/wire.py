"""The two inner layers of the transport: patient retries, and the wire that alone knows the keys."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

import httpx
from httpx_retries import Retry
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from aponia.literature.sources.patience import TransportSettings

__all__ = ["LOOPBACK", "Patience", "TooLargeError", "TooLongError", "Wire"]

#: Hosts that are this machine.
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

# The whole process shares one book of who asked whom when.
_limiter_lock = threading.Lock()
_limiter: list[MovingWindowRateLimiter] = []


def _turns() -> MovingWindowRateLimiter:
    with _limiter_lock:
        if not _limiter:
            _limiter.append(MovingWindowRateLimiter(MemoryStorage()))
        return _limiter[0]


class TooLongError(Exception):
    """The server wants a longer pause than allowed; outside httpx's own errors, so never retried."""


class TooLargeError(Exception):
    """The body is larger than allowed; asking again would not make it smaller."""


class Patience(Retry):
    """Retries that wait by an injected clock and give up when told to wait too long."""

    wait: Callable[[float], None] = staticmethod(time.sleep)

    def increment(self) -> Retry:
        """Return the next attempt's retries, on the same clock."""
        again = super().increment()
        assert isinstance(again, Patience)
        again.wait = self.wait
        return again

    def sleep(self, response: httpx.Response | Exception) -> None:
        """Wait as told or by back-off; give up when told to wait too long."""
        headers = response.headers if isinstance(response, httpx.Response) else httpx.Headers()
        asked = headers.get("Retry-After", "")
        if asked:
            try:
                seconds = self.parse_retry_after(asked)
            except (ValueError, OverflowError):
                seconds = 0.0
            if seconds > self.max_backoff_wait:
                raise TooLongError(f"{seconds:.0f}")
        pause = self._calculate_sleep(headers)
        self.wait(pause)
        self.elapsed_sleep += pause


@dataclass(slots=True)
class Wire(httpx.BaseTransport):
    """The real connection; see the module."""

    source: str
    rate: str
    settings: TransportSettings
    secrets: Mapping[str, str]
    public: Mapping[str, str]
    inner: dict[str, httpx.HTTPTransport] = field(default_factory=dict)

    def close(self) -> None:
        """Close the connections."""
        for transport in self.inner.values():
            transport.close()
        self.inner.clear()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send once, and return only with the whole body."""
        host = request.url.host
        self._wait_for_turn(host)
        started = time.monotonic()
        url = request.url.copy_merge_params({**self.public, **self.secrets})
        sent = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )  # fmt: skip
        response = self._transport(host).handle_request(sent)
        try:
            response.request = request
            body = self._body(response, started)
        finally:
            response.close()
        headers = [
            (k, self._hide(v)) for k, v in response.headers.raw
            if k.lower() not in {b"content-encoding", b"content-length", b"transfer-encoding"}
        ]  # fmt: skip
        body = self._hide(body)
        check = request.extensions.get("check")
        if response.status_code == 200 and check is not None:
            check(body)
        return httpx.Response(response.status_code, headers=headers, content=body)

    def _wait_for_turn(self, host: str) -> None:
        turns, item = _turns(), parse(self.rate)
        while not turns.hit(item, host):
            left = turns.get_window_stats(item, host).reset_time - time.time()
            self.settings.sleep(max(left, 0.005))

    def _transport(self, host: str) -> httpx.HTTPTransport:
        if host not in self.inner:
            proxy = None
            if host not in LOOPBACK and not urllib.request.proxy_bypass(host):
                proxy = urllib.request.getproxies().get("https")
            self.inner[host] = httpx.HTTPTransport(proxy=proxy)
        return self.inner[host]

    def _body(self, response: httpx.Response, started: float) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self.settings.max_bytes:
                raise TooLargeError(f"{self.settings.max_bytes}")
            if time.monotonic() - started > self.settings.total:
                raise httpx.ReadTimeout(
                    f"the answer was not complete after {self.settings.total:g} seconds"
                )
            parts.append(part)
        return b"".join(parts)

    def _hide(self, text: bytes) -> bytes:
        for secret in self.secrets.values():
            for form in {secret, quote(secret, safe=""), quote_plus(secret)}:
                text = text.replace(form.encode(), b"[key]")
        return text
