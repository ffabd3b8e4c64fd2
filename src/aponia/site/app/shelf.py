"""Every evidence page and file as finished bytes, the same that `aponia build` writes.

In: an evidence base. Out: `Entry` objects by path, with what an answer needs said once: type, length,
strong ETag, a gzip variant. Pages are made by one thread in the background, in the order of
`pages_of`, and again when the day changes (overdue trials and the date in the footer follow it); who
asks for a page not made yet waits for it. A page that breaks a rule of wording is not shown at all,
as the build would not publish it.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
import mimetypes
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from aponia.answers.guard import check_page
from aponia.site.app.world import load_world
from aponia.site.contents import contents
from aponia.site.downloads import static_files
from aponia.site.views.common import World

__all__ = ["Entry", "Shelf", "key_of", "shelf_of"]

Headers = list[tuple[bytes, bytes]]
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".ris": "application/x-research-info-systems; charset=utf-8",
    ".bib": "application/x-bibtex; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".xml": "application/atom+xml; charset=utf-8",
    ".woff2": "font/woff2",
    ".zip": "application/zip",
    ".pdf": "application/pdf",
}
#: Packed already: another pass makes them larger.
_PACKED = {".woff2", ".zip", ".pdf", ".png", ".jpg", ".gz"}
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class _Variant:
    body: bytes
    etag: bytes
    headers: Headers
    unchanged: Headers


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, ready to be sent."""

    plain: _Variant
    packed: _Variant | None

    @classmethod
    def of(cls, path: str, data: bytes) -> Entry:
        """Return the entry of a file.

        Parameters
        ----------
        path : str
            Below the site root; its ending gives the type.
        data : bytes
        """
        ending = PurePosixPath(path).suffix
        kind = _TYPES.get(ending) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        # Names of files stay the same when their content changes, so a browser has to ask each time;
        # the answer is mostly 304. Fonts do not change.
        keep = "public, max-age=86400" if ending == ".woff2" else "no-cache"
        digest = hashlib.sha256(kind.encode() + b"\n" + data).hexdigest()[:32]
        common: Headers = [
            (b"cache-control", keep.encode()),
            (b"vary", b"Accept-Encoding"),
        ]

        def variant(body: bytes, etag: str, *more: tuple[bytes, bytes]) -> _Variant:
            tag = f'"{etag}"'.encode()
            same = [*common, (b"etag", tag)]
            full = [*same, (b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), *more]  # fmt: skip
            return _Variant(body, tag, full, same)

        packed = None
        if ending not in _PACKED and len(data) > 500:
            body = gzip.compress(data, 6, mtime=0)
            packed = variant(body, f"{digest}-gz", (b"content-encoding", b"gzip"))
        return cls(variant(data, digest), packed)

    def answer(self, asked: dict[bytes, bytes]) -> tuple[int, Headers, bytes]:
        """Return status, headers and body for a request with these headers."""
        chosen = self.plain
        if self.packed is not None and _takes_gzip(asked.get(b"accept-encoding", b"")):
            chosen = self.packed
        known = asked.get(b"if-none-match")
        if known is not None and (known == chosen.etag or chosen.etag in _tags(known)):
            return 304, chosen.unchanged, b""
        return 200, chosen.headers, chosen.body


@lru_cache(maxsize=256)
def _takes_gzip(said: bytes) -> bool:
    for part in said.lower().split(b","):
        name, _, weight = part.partition(b";")
        if name.strip() in {b"gzip", b"x-gzip"}:
            number = weight.strip().removeprefix(b"q=").strip()
            return number.rstrip(b"0") not in {b"0.", b""} if weight else True
    return False


def _tags(said: bytes) -> set[bytes]:
    # Weak comparison (RFC 9110, 13.1.2). A star means anything; what is here is something.
    return {tag.strip().removeprefix(b"W/") for tag in said[:2000].split(b",")}


@lru_cache(maxsize=4096)
def key_of(path: str) -> str:
    """Return the file an address of the server means: a folder means its index.

    >>> key_of("/"), key_of("/questions/"), key_of("/data/studies.ris")
    ('index.html', 'questions/index.html', 'data/studies.ris')
    """
    return path[1:] + "index.html" if path.endswith("/") else path[1:]


class Shelf:
    """The entries of one evidence base.

    Parameters
    ----------
    evidence : Path, optional
        Another evidence base.

    Attributes
    ----------
    withheld : dict
        Pages that may not be shown, with the reason.
    problem : str
        Why there are no pages; empty when there are.
    """

    def __init__(self, evidence: Path | None = None) -> None:
        self.evidence = evidence
        self.withheld: dict[str, str] = {}
        self.problem = ""
        self._entries = {path: Entry.of(path, data) for path, data in static_files()}
        self._until = 0.0
        self._filling = False
        self._lock = threading.Lock()

    def get(self, path: str) -> Entry | None:
        """Return what is ready."""
        if self._until and time.time() >= self._until:
            self.start()
        return self._entries.get(path)

    def __contains__(self, path: str) -> bool:
        """Whether a file is ready."""
        return path in self._entries

    async def find(self, path: str) -> Entry | None:
        """Return an entry, waiting until it is made or everything is."""
        self.start()
        while path not in self._entries and self._filling:
            await asyncio.sleep(0.02)
        return self._entries.get(path)

    def start(self) -> None:
        """Make the pages in the background, if they are not made or are of another day."""
        with self._lock:
            if self._filling or time.time() < self._until:
                return
            self._filling = True
        threading.Thread(target=self._fill, name="aponia-pages", daemon=True).start()

    def _fill(self) -> None:
        day = time.time() // _DAY
        first = not self._until
        # The first time each page may be asked for as it comes; later all change at once.
        goal = self._entries if first else {k: e for k, e in self._entries.items() if k.startswith("static/")}  # fmt: skip
        withheld: dict[str, str] = {}
        try:
            for path, data, said in _made(load_world(self.evidence)):
                if said:
                    withheld[path] = said
                    logging.getLogger("uvicorn.error").error("%s is withheld: %s", path, said)
                else:
                    goal[path] = Entry.of(path, data)
            self._entries, self.withheld, self.problem = goal, withheld, ""
        except Exception as error:
            logging.getLogger("uvicorn.error").exception("the evidence pages could not be made")
            self.problem = f"the evidence pages could not be made: {error}"
        finally:
            # After an error too: the next day, or the next start, tries again.
            self._until = (day + 1) * _DAY
            self._filling = False


def _made(world: World) -> Iterator[tuple[str, bytes, str]]:
    """Yield every page and data file: path, bytes, and what is wrong with it (mostly nothing)."""
    for piece in contents(world, live=True):
        said = ""
        if piece.page is not None:
            found = check_page(piece.path, piece.data.decode(), patient=piece.page.patient)
            said = "; ".join(str(f) for f in found)
        yield piece.path, piece.data, said


_shelves: dict[Path | None, Shelf] = {}
_lock = threading.Lock()


def shelf_of(evidence: Path | None = None) -> Shelf:
    """Return the shelf of an evidence base; one a process, however many applications there are."""
    with _lock:
        if evidence not in _shelves:
            _shelves[evidence] = Shelf(evidence)
        return _shelves[evidence]
