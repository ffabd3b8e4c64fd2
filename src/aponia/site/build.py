"""From the evidence base to a folder of pages, all or nothing."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aponia import __version__
from aponia import evidence as evidence_package
from aponia.answers import answer_all
from aponia.answers.guard import Finding, check_page
from aponia.site.briefs import BriefError
from aponia.site.briefs.files import brief_files
from aponia.site.contents import contents
from aponia.site.downloads import static_files
from aponia.site.links import dead_links
from aponia.site.views.common import World

__all__ = ["BuildError", "BuildReport", "build_site"]

Step = Callable[[int, int, str], None]
#: Above this a page is too heavy for a phone on a slow line (design: 200 kB).
MAX_PAGE_BYTES = 200_000
#: About how many pages are no record or answer; only the progress bar needs to know.
_OTHER_PAGES = 90


class BuildError(ValueError):
    """The site may not be published; the message lists every reason."""


@dataclass(frozen=True)
class BuildReport:
    """What a build made."""

    out: str
    pages: int
    files: int
    bytes: int
    largest_page: str
    largest_page_bytes: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-safe values."""
        return asdict(self)


def build_site(
    out: Path,
    evidence: Path | None = None,
    *,
    step: Step | None = None,
    today: str | None = None,
    base_url: str | None = None,
) -> BuildReport:
    """Build the whole site into `out`, replacing it as a whole.

    Parameters
    ----------
    out : Path
        Folder to make. An existing one is replaced only if it was made by a build (or is empty).
    evidence : Path, optional
        Another evidence base.
    step : callable, optional
        Called with (done, total, what).
    today : str, optional
        ISO date of the build; ``SOURCE_DATE_EPOCH`` or the clock otherwise.
    base_url : str, optional
        Address the site will be published under (``https://example.org/pain/``): canonical links,
        feeds, citations and the QR codes of the briefs name it. None makes a site that stands anywhere.

    Returns
    -------
    BuildReport

    Raises
    ------
    BuildError
        A page breaks a rule of wording, lacks a warning, is too heavy or has a dead link. `out` is
        left as it was. Or `base_url` is no http address.
    """
    began = time.perf_counter()
    out = Path(out)
    if out.exists() and any(out.iterdir()) and not (out / ".aponia-site").exists():
        raise BuildError(f"{out}: not empty and not made by `aponia build`; choose another folder")
    base = evidence_package.load(evidence)
    world = World(
        base, answer_all(base), today or _today(), __version__, checked_base_url(base_url)
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        report = _write(world, work, out, began, step or (lambda done, total, what: None))
        _swap(work, out)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return report


def checked_base_url(value: str | None) -> str | None:
    """Return the address of the site with its trailing slash, or None.

    >>> checked_base_url("https://example.org/pain")
    'https://example.org/pain/'
    """
    if not value:
        return None
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise BuildError(f"--base-url {value!r}: expected an address such as https://example.org/")
    return value.rstrip("/") + "/"


def _today() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch and epoch.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date().isoformat()
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _write(world: World, work: Path, out: Path, began: float, step: Step) -> BuildReport:
    findings: list[Finding] = []
    sizes: dict[str, int] = {}
    records = (world.base.studies, world.base.trials, world.answers)
    total = sum(map(len, records)) + _OTHER_PAGES
    for piece in contents(world):
        _put(work / piece.path, piece.data)
        if piece.page is None:
            step(min(len(sizes), total), total, "files")
            continue
        step(min(len(sizes), total), total, piece.path)
        sizes[piece.path] = len(piece.data)
        findings += check_page(piece.path, piece.data.decode(), patient=piece.page.patient)
        if len(piece.data) > MAX_PAGE_BYTES:
            said = f"{len(piece.data)} bytes, at most {MAX_PAGE_BYTES}"
            findings.append(Finding(piece.path, "too heavy", said))
    step(min(len(sizes), total), total, "briefs")
    try:
        for path, data in brief_files(world, base_url=world.base_url):
            _put(work / path, data)
    except BriefError as error:
        raise BuildError(f"the site was not built:\n{error}") from None
    for path, data in static_files():
        _put(work / path, data)
    (work / ".aponia-site").write_text(
        json.dumps({"version": world.version, "evidence": world.base.digest}) + "\n",
        encoding="utf-8",
    )
    findings += [Finding(p, "dead link", href) for p, href in dead_links(work)]
    if findings:
        raise BuildError(
            "the site was not built:\n"
            + "\n".join(f"  {f}" for f in findings[:60])
            + (f"\n  … and {len(findings) - 60} more" if len(findings) > 60 else "")
        )
    step(total, total, "done")
    every = [p for p in work.rglob("*") if p.is_file()]
    largest = max(sizes, key=lambda p: sizes[p])
    return BuildReport(
        out=str(out),
        pages=len(sizes),
        files=len(every),
        bytes=sum(p.stat().st_size for p in every),
        largest_page=largest,
        largest_page_bytes=sizes[largest],
        seconds=round(time.perf_counter() - began, 2),
    )


def _put(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _swap(work: Path, out: Path) -> None:
    """Put the new folder in the place of the old one; a crash leaves one of the two whole."""
    work.chmod(0o755)
    old = out.with_name(f".{out.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    work.rename(out)
    shutil.rmtree(old, ignore_errors=True)
