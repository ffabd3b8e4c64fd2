"""From the evidence base to a folder of pages, all or nothing."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.resources import as_file, files
from itertools import chain
from pathlib import Path
from typing import Any

from aponia import __version__
from aponia import evidence as evidence_package
from aponia.answers import answer_all
from aponia.answers.guard import Finding, check_page
from aponia.site.approach_files import approach_files
from aponia.site.briefs import BriefError
from aponia.site.briefs.files import brief_files
from aponia.site.downloads import base_files, question_files, record_json
from aponia.site.links import dead_links
from aponia.site.planned_files import PlanPrintError, planned_files
from aponia.site.render import Page, render
from aponia.site.views import (
    about,
    approach,
    doctor,
    facts,
    home,
    mechanism,
    planning,
    question,
    records,
)
from aponia.site.views.common import World

__all__ = ["BuildError", "BuildReport", "build_site", "pages_of"]

Step = Callable[[int, int, str], None]
#: Above this a page is too heavy for a phone on a slow line (design: 200 kB).
MAX_PAGE_BYTES = 200_000


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


def pages_of(world: World) -> Iterator[Page]:
    """Yield every page of the site except the list of downloads."""
    yield home.home_page(world)
    yield from home.empty_cell_pages(world)
    yield question.question_index(world)
    for answer in world.answers.values():
        yield question.question_page(world, answer)
    yield records.study_index(world)
    for study in world.base.studies.values():
        yield records.study_page(world, study)
    yield records.trial_index(world)
    for trial in world.base.trials.values():
        yield records.trial_page(world, trial)
    yield from mechanism.mechanism_pages(world)
    yield from approach.approach_pages(world)
    yield from planning.planning_pages(world)
    yield facts.safety_page(world)
    yield facts.legal_page(world)
    yield facts.ketamine_page(world)
    yield facts.analogue_page(world)
    yield doctor.doctor_page(world)
    yield about.methods_page(world)


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
        Address the site will be published at, for the QR codes of the briefs.

    Returns
    -------
    BuildReport

    Raises
    ------
    BuildError
        A page breaks a rule of wording, lacks a warning, is too heavy or has a dead link. `out` is
        left as it was.
    """
    began = time.perf_counter()
    out = Path(out)
    if out.exists() and any(out.iterdir()) and not (out / ".aponia-site").exists():
        raise BuildError(f"{out}: not empty and not made by `aponia build`; choose another folder")
    base = evidence_package.load(evidence)
    world = World(base, answer_all(base), today or _today(), __version__)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        report = _write(world, work, out, began, step or (lambda done, total, what: None), base_url)
        _swap(work, out)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return report


def _today() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch and epoch.isdigit():
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date().isoformat()
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _write(
    world: World, work: Path, out: Path, began: float, step: Step, base_url: str | None
) -> BuildReport:
    site = {
        "version": world.version,
        "built": world.today,
        "data_changed": world.released,
        "repository": "",
        "corrections_href": "",
        "licence_href": "",
        "funding": "The project sells nothing.",
    }
    pages = list(pages_of(world))
    listing = base_files(world, work)
    pages.append(about.data_page(world, listing))
    findings: list[Finding] = []
    sizes: dict[str, int] = {}
    for i, page in enumerate(pages):
        step(i, len(pages), page.path)
        source = render(page, site)
        findings += check_page(page.path, source, patient=page.patient)
        data = source.encode()
        sizes[page.path] = len(data)
        if len(data) > MAX_PAGE_BYTES:
            findings.append(
                Finding(page.path, "too heavy", f"{len(data)} bytes, at most {MAX_PAGE_BYTES}")
            )
        target = work / page.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    for answer in world.answers.values():
        question_files(world, answer, work / "questions")
    approach_files(world, work / "approaches")
    for study in world.base.studies.values():
        record_json(study, work / "studies" / f"{study.id}.json")
    for trial in world.base.trials.values():
        record_json(trial, work / "trials" / f"{trial.id}.json")
    mechanism.mechanism_files(world, work / "mechanisms")
    step(len(pages), len(pages), "briefs")
    try:
        for path, data in chain(brief_files(world, base_url=base_url), planned_files(world)):
            target = work / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    except (BriefError, PlanPrintError) as error:
        raise BuildError(f"the site was not built:\n{error}") from None
    with as_file(files("aponia.site") / "static") as static:
        shutil.copytree(static, work / "static")
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
    step(len(pages), len(pages), "done")
    every = [p for p in work.rglob("*") if p.is_file()]
    largest = max(sizes, key=lambda p: sizes[p])
    return BuildReport(
        out=str(out),
        pages=len(pages),
        files=len(every),
        bytes=sum(p.stat().st_size for p in every),
        largest_page=largest,
        largest_page_bytes=sizes[largest],
        seconds=round(time.perf_counter() - began, 2),
    )


def _swap(work: Path, out: Path) -> None:
    """Put the new folder in the place of the old one; a crash leaves one of the two whole."""
    work.chmod(0o755)
    old = out.with_name(f".{out.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    work.rename(out)
    shutil.rmtree(old, ignore_errors=True)
