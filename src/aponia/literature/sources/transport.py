"""One HTTP client for all sources: polite, patient, bounded, and silent about keys.

Four layers, outermost first: a cache that asks again with ``If-None-Match`` and
``If-Modified-Since`` (`hishel`, RFC 9111, SQLite), retries with back-off that honour
``Retry-After`` (`httpx_retries`), and the wire, which waits for its turn (`limits`), adds the key,
reads the whole body within limits of size and time and refuses one that broke off. Keys exist on
the wire alone: the cache, the addresses in pages and errors, and the bodies handed out never held
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
from httpx_retries import RetryTransport

from aponia import __version__
from aponia.literature.sources.bodies import BrokenBody, check_json, check_xml
from aponia.literature.sources.errors import SourceBusy, SourceChanged, SourceError
from aponia.literature.sources.patience import TransportSettings
from aponia.literature.sources.wire import LOOPBACK, Patience, TooLargeError, TooLongError, Wire

__all__ = ["Answer", "Http"]

_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_REDIRECTS = 3
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """A body that arrived whole and parses.

    Parameters
    ----------
    value : JSON value or lxml element
    raw : bytes
    url : str
        Without keys.
    status : int
    fetched_at : datetime
    unchanged : bool
        The server said that the copy kept is still right, or the copy was still fresh.
    """

    value: Any
    raw: bytes
    url: str
    status: int
    fetched_at: datetime
    unchanged: bool = False


class Http:
    """The client of one source.

    Parameters
    ----------
    source : str
        Name for messages.
    base : str
        Address all paths are below; https, or http on this very machine.
    rate : str
        As `limits` reads it, ``"3/second"``; shared by all clients of a host in this process.
    settings : TransportSettings, optional
    secrets : mapping of str to str
        Parameters that are added on the wire alone; empty values are left out.
    public : mapping of str to str
        Likewise, for what is no secret but personal, a contact address.

    Raises
    ------
    SourceError
        The base address is neither https nor on this machine.
    """

    def __init__(
        self,
        source: str,
        base: str,
        *,
        rate: str,
        settings: TransportSettings | None = None,
        secrets: Mapping[str, str] | None = None,
        public: Mapping[str, str] | None = None,
    ) -> None:
        self.source = source
        self.settings = settings or TransportSettings.from_environment()
        self.base = httpx.URL(base.rstrip("/") + "/")
        if self.base.scheme != "https" and not (self.base.scheme == "http" and self.base.host in LOOPBACK):  # fmt: skip
            raise SourceError(source, f"refused: {base} is neither https nor on this machine")
        self._secrets = {k: v for k, v in (secrets or {}).items() if v}
        wire = Wire(
            source, rate, self.settings, self._secrets, {k: v for k, v in (public or {}).items() if v}
        )  # fmt: skip
        patience = Patience(
            total=self.settings.attempts - 1,
            # Every request here only asks; a POST is a query too long for an address.
            allowed_methods=["GET", "POST"],
            status_forcelist=_RETRIED,
            retry_on_exceptions=[
                httpx.TimeoutException,
                httpx.NetworkError,
                httpx.RemoteProtocolError,
                httpx.DecodingError,
            ],
            backoff_factor=self.settings.backoff / 2,
            backoff_jitter=0.5,
            max_backoff_wait=self.settings.longest_wait,
        )
        patience.wait = self.settings.sleep
        self._client = httpx.Client(
            transport=_cached(RetryTransport(wire, retry=patience), self.settings.cache),
            timeout=httpx.Timeout(self.settings.read, connect=self.settings.connect),
            headers={"User-Agent": self._agent(), "Accept-Encoding": "gzip"},
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"Http({self.source!r}, {str(self.base)!r})"

    def _agent(self) -> str:
        contact = f"; mailto:{self.settings.contact}" if self.settings.contact else ""
        return f"aponia/{__version__} (+https://github.com/aponia/aponia{contact})"

    def close(self) -> None:
        """Close connections and cache."""
        self._client.close()

    def json(self, path: str, params: Mapping[str, Any] | None = None, **how: Any) -> Answer:
        """Get JSON; see `_ask` for the rest."""
        return self._ask(path, params, check_json, "application/json", **how)

    def xml(self, path: str, params: Mapping[str, Any] | None = None, **how: Any) -> Answer:
        """Get XML; see `_ask` for the rest."""
        return self._ask(path, params, check_xml, "application/xml, text/xml", **how)

    def _ask(
        self,
        path: str,
        params: Mapping[str, Any] | None,
        check: Callable[[bytes], Any],
        accept: str,
        *,
        form: Mapping[str, Any] | None = None,
        body: Any = None,
        allow: frozenset[int] = frozenset(),
    ) -> Answer:
        """Ask, and parse.

        Parameters
        ----------
        path : str
            Below the base address.
        params, form, body
            Parameters of the address, a form to post, JSON to post.
        allow : frozenset of int
            Statuses besides 200 whose body is an answer.

        Raises
        ------
        SourceError
            No answer after all attempts, or a status that says no.
        SourceChanged
            A whole body that is not of the kind asked for.
        SourceBusy
            The server asks for a longer pause than allowed.
        """
        method = "GET" if form is None and body is None else "POST"
        request = self._client.build_request(
            method, self.base.join(path), params=params, data=form, json=body,
            headers={"Accept": accept}, extensions={"check": check},
        )  # fmt: skip
        for _ in range(_REDIRECTS + 1):
            response = self._send(request)
            if response.status_code not in {301, 302, 303, 307, 308}:
                break
            request = self._redirected(request, response)
        else:
            raise SourceError(self.source, "redirects without end", str(request.url))
        url = str(request.url)
        if response.status_code != 200 and response.status_code not in allow:
            raise self._refused(response, url)
        try:
            value = check(response.content)
        except BrokenBody as error:
            raise SourceChanged(
                self.source, f"status {response.status_code}: {error}", url
            ) from None
        kept_how = response.extensions.get("caching") or {}
        kept = bool(kept_how.get("from_cache") or kept_how.get("revalidated"))
        return Answer(value, response.content, url, response.status_code, datetime.now(UTC), kept)

    def _send(self, request: httpx.Request) -> httpx.Response:
        url, times = str(request.url), self.settings.attempts
        try:
            return self._client.send(request)
        except BrokenBody as error:
            raise SourceChanged(self.source, f"{error}; asked {times} times", url) from None
        except TooLongError as error:
            raise SourceBusy(
                self.source,
                f"asks to wait {error} seconds, more than the {self.settings.longest_wait:g} allowed; resume later",
                url,
            ) from None
        except TooLargeError as error:
            raise SourceError(
                self.source, f"the answer is larger than {error} bytes", url
            ) from None
        except httpx.HTTPError as error:
            kinds: dict[type[httpx.HTTPError], str] = {
                httpx.RemoteProtocolError: "the answer broke off or was no HTTP",
                httpx.ConnectError: "no connection",
                httpx.ConnectTimeout: "no connection in time",
                httpx.ReadTimeout: "too slow",
            }
            what = kinds.get(type(error), type(error).__name__)
            raise SourceError(
                self.source, f"{what} in {times} attempts: {self._shown(str(error))}", url
            ) from None

    def _redirected(self, request: httpx.Request, response: httpx.Response) -> httpx.Request:
        target = httpx.URL(urljoin(str(request.url), response.headers.get("Location", "")))
        if (target.scheme, target.host, target.port) != (self.base.scheme, self.base.host, self.base.port):  # fmt: skip
            raise SourceError(
                self.source, f"redirects to another place, {target.scheme}://{target.host}; not followed", str(request.url)
            )  # fmt: skip
        if request.method != "GET":
            raise SourceError(self.source, "redirects a POST; not followed", str(request.url))
        return self._client.build_request(
            "GET", target, headers={"Accept": request.headers["Accept"]},
            extensions={"check": request.extensions["check"]},
        )  # fmt: skip

    def _refused(self, response: httpx.Response, url: str) -> SourceError:
        kind = SourceBusy if response.status_code == 429 else SourceError
        told = self._shown(response.text)
        asked = (
            f" after {self.settings.attempts} attempts" if response.status_code in _RETRIED else ""
        )
        return kind(
            self.source,
            f"answered {response.status_code} {response.reason_phrase}{asked}" + (f": {told}" if told else ""),
            url,
        )  # fmt: skip

    def _shown(self, text: str) -> str:
        text = " ".join(text.split())
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _cached(inner: httpx.BaseTransport, folder: Path | None) -> httpx.BaseTransport:
    """Put the cache around a transport; answers are private to this user."""
    if folder is None:
        return inner
    from hishel import CacheOptions, SqliteStorage
    from hishel.httpx import CacheTransport

    folder.mkdir(parents=True, exist_ok=True)
    storage = SqliteStorage(
        database_path=folder / "answers.db", max_size=500_000_000, default_tti=90 * 24 * 3600.0
    )
    return CacheTransport(inner, storage=storage, rfc=CacheOptions(shared=False, allow_stale=False))
