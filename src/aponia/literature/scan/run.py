"""Scan many files: on all cores of this machine, or on a Dask cluster."""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aponia.literature.scan.cases import CAUTION
from aponia.literature.scan.one import scan_file
from aponia.literature.scan.parts import (  # fmt: skip
    Job,
    Part,
    Trouble,
    fitting,
    load_manifest,
    manifest_path,
    write_manifest,
)
from aponia.literature.scan.query import parse

__all__ = ["ScanError", "ScanResult", "jobs_of", "scan"]

#: Names an input may end with, when a folder is given.
ENDINGS = (".xml.gz", ".xml", ".jsonl.gz", ".jsonl", ".ndjson.gz", ".ndjson", ".gz", ".zip")
_ATTEMPTS = 2
Progress = Callable[[int, int, str], None]


class ScanError(ValueError):
    """The scan as a whole can not be done; the message says why."""


@dataclass(frozen=True)
class ScanResult:
    """What a run did.

    Parameters
    ----------
    parts : tuple of Part
        One an input, in the order of their names.
    reused : int
        Of these, finished by an earlier run and still fitting.
    seconds : float
        Wall clock of this run.
    leftover : tuple of str
        Names of parts in the same folder that belong to no input of this run.
    """

    parts: tuple[Part, ...]
    reused: int
    seconds: float
    leftover: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return totals, and every part without its list of withdrawn records."""
        totals = {k: sum(getattr(p, k) for p in self.parts) for k in ("records", "parsed", "matches", "bytes", "cpu_seconds")}  # fmt: skip
        states = [p.state for p in self.parts]
        cases: dict[str, Any] = {}
        if any(p.cases for p in self.parts):
            dropped = {k: sum(p.dropped.get(k, 0) for p in self.parts) for k in ("superseded", "withdrawn")}  # fmt: skip
            cases = {"caution": CAUTION, "dropped": dropped}
        return cases | {
            "files": len(self.parts), "reused": self.reused, "seconds": round(self.seconds, 3),
            **{s: states.count(s) for s in ("complete", "damaged", "failed", "killed")},
            **totals, "cpu_seconds": round(totals["cpu_seconds"], 3), "leftover": list(self.leftover),
            "problems": [{"file": p.file, "kind": t.kind, "offset": t.offset, "message": t.message} for p in self.parts for t in p.problems],
            "parts": [{k: v for k, v in p.to_dict().items() if k not in {"problems", "deleted", "query"}} | {"deleted": len(p.deleted)} for p in self.parts],
        }  # fmt: skip


def jobs_of(paths: Iterable[Path | str], out: Path | str, query: str, *, block: int = 0) -> list[Job]:  # fmt: skip
    """Return one job an input file, in the order of their names.

    Parameters
    ----------
    paths : iterable of Path
        Files, and folders searched through for names with `ENDINGS`. What ends with ``.zip`` is a quarter of FAERS.
    out : Path
    query : str
    block : int
        Inflated bytes looked at together; 0 for the default.

    Raises
    ------
    QueryError
        The query can not be read.
    ScanError
        No such path, no input in it, two inputs whose parts would have one name, or quarters of FAERS
        among files of another kind.
    """
    out = Path(out).resolve()
    named: dict[str, Path] = {}
    for given in map(Path, paths):
        if not given.exists():
            raise ScanError(f"{given}: no such file or folder")
        files = [given] if not given.is_dir() else sorted(f for f in given.rglob("*") if f.name.endswith(ENDINGS) and f.is_file() and not f.name.startswith("."))  # fmt: skip
        if not files:
            raise ScanError(f"{given}: no file in it ends with {', '.join(ENDINGS)}")
        for file in files:
            name = "__".join((file.relative_to(given) if given.is_dir() else Path(file.name)).parts)
            for ending in ENDINGS:
                name = name.removesuffix(ending)
            if name in named and named[name] != file.resolve():
                raise ScanError(f"{file} and {named[name]} would both become the part {name}; scan them into folders of their own")  # fmt: skip
            named[name] = file.resolve()
    quarters = [p for p in named.values() if p.name.lower().endswith(".zip")]
    if quarters and len(quarters) < len(named):
        other = next(p for p in named.values() if p not in quarters)
        raise ScanError(f"{quarters[0]} is a quarter of FAERS, {other} is none: their queries and columns differ; scan them into folders of their own")  # fmt: skip
    cases = bool(quarters)
    printed = str(parse(query, cases=cases))
    return [Job(str(p), str(out), n, printed, block, cases) for n, p in sorted(named.items())]


def scan(
    jobs: Sequence[Job],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> ScanResult:
    """Scan files, leaving out those whose part is already there and still fits.

    Parameters
    ----------
    jobs : sequence of Job
        Of `jobs_of`, all with one output folder.
    workers : int, optional
        Processes on this machine; all cores by default.
    scheduler : str, optional
        Address of a Dask scheduler (``tcp://…``) whose workers see the same files.
    progress : callable, optional
        Called with (bytes done, bytes in all, what was done last).

    Raises
    ------
    ScanError
        No job, another scan is writing into the same folder, or no such scheduler.
    """
    import time

    if not jobs:
        raise ScanError("nothing to scan")
    started = time.perf_counter()
    out = Path(jobs[0].out)
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        _sweep(out)
        parts: dict[str, Part] = {}
        todo: list[Job] = []
        for job in jobs:
            part = fitting(job)
            if part is None:
                todo.append(job)
            else:
                parts[job.name] = part
        reused = len(parts)
        # Largest first: the last file to finish is then a small one.
        sizes = {j.name: max(Path(j.path).stat().st_size, 1) for j in jobs}
        todo.sort(key=lambda j: -sizes[j.name])
        total, done = sum(sizes.values()), sum(sizes[n] for n in parts)
        if progress:
            progress(done, total, f"{reused} of {len(jobs)} files")
        results = _on_cluster(todo, scheduler) if scheduler else _on_this_machine(todo, workers)
        try:
            for part in results:
                parts[part.name] = part
                done += sizes[part.name]
                if progress:
                    progress(done, total, f"{len(parts)} of {len(jobs)} files")
        finally:
            results.close()
            _sweep(out)
        known = {j.name for j in jobs}
        leftover = tuple(sorted(p.stem for p in out.glob("*.parquet") if p.stem not in known))
    return ScanResult(tuple(parts[n] for n in sorted(parts)), reused, time.perf_counter() - started, leftover)  # fmt: skip


def _sweep(out: Path) -> None:
    """Remove what a killed worker had begun to write."""
    for stale in [*out.glob(".*.partial"), *manifest_path(out, "x").parent.glob(".*.partial")]:
        stale.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    with (out / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ScanError(f"{out}: another scan is writing here") from None
        yield


def _died(job: Job, why: str) -> Part:
    """Write down that no worker survived this file; the next run tries it again."""
    part = Part.begin(job)
    earlier = load_manifest(manifest_path(job.out, job.name))
    part.state, part.part_bytes = "killed", earlier.part_bytes if earlier else -1
    part.n_problems, part.problems = 1, [Trouble("killed", 0, why)]
    write_manifest(job.out, part)
    return part


def _watch_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and end with it however it ends."""
    import multiprocessing

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def wait() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=wait, daemon=True).start()


def _on_this_machine(jobs: Sequence[Job], workers: int | None) -> Generator[Part, None, None]:
    """Give each worker process a pool of its own, so that one that dies takes only its own file along."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    count = min(workers or len(os.sched_getaffinity(0)), len(jobs))
    if count < 1:
        return
    context = multiprocessing.get_context("forkserver")
    # Imported once and shared by every worker.
    context.set_forkserver_preload(["aponia.literature.scan.one", "lxml.etree", "pyarrow.compute", "pyarrow.parquet"])  # fmt: skip
    waiting: queue.SimpleQueue[tuple[Job, int]] = queue.SimpleQueue()
    for job in jobs:
        waiting.put((job, 1))
    finished: queue.SimpleQueue[Part | BaseException] = queue.SimpleQueue()
    stop = threading.Event()

    def slot() -> None:
        pool: ProcessPoolExecutor | None = None
        try:
            while not stop.is_set():
                try:
                    job, attempt = waiting.get_nowait()
                except queue.Empty:
                    break
                while not stop.is_set():
                    pool = pool or ProcessPoolExecutor(1, context, initializer=_watch_parent)
                    try:
                        finished.put(pool.submit(scan_file, job).result())
                        break
                    except BrokenProcessPool:
                        pool.shutdown(wait=True)
                        pool = None
                        attempt += 1
                        if attempt > _ATTEMPTS and not stop.is_set():
                            finished.put(_died(job, f"its worker died {_ATTEMPTS} times (killed, or out of memory); left out"))  # fmt: skip
                            break
        except BaseException as error:
            finished.put(error)
        finally:
            if pool is not None:
                if stop.is_set():
                    for process in list((pool._processes or {}).values()):
                        process.kill()
                pool.shutdown(wait=True, cancel_futures=True)

    threads = [threading.Thread(target=slot, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        for _ in jobs:
            part = finished.get()
            if isinstance(part, BaseException):
                raise part
            yield part
    finally:
        stop.set()
        _kill_children(threads)


def _kill_children(threads: Sequence[threading.Thread]) -> None:
    """End what still runs: after the last part nothing does, after Ctrl-C the files under way are given up."""
    import multiprocessing

    for thread in threads:
        thread.join(timeout=0.2)
    if any(t.is_alive() for t in threads):
        for child in multiprocessing.active_children():
            child.kill()
        for thread in threads:
            thread.join(timeout=5)


def _on_cluster(jobs: Sequence[Job], scheduler: str) -> Generator[Part, None, None]:
    """Run the same function on a Dask cluster; Dask gives the files of a lost worker to another."""
    import distributed
    from distributed.scheduler import KilledWorker

    try:
        client = distributed.Client(  # type: ignore[no-untyped-call]
            scheduler, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise ScanError(f"{scheduler}: no Dask scheduler answers ({error})") from None
    with client:
        # Dask blames every file that waited at a worker for its death. So those it gives up on are
        # tried once more, each alone: then only the one at fault can fail.
        blamed: list[Job] = []
        for group, alone in ((list(jobs), False), (blamed, True)):
            for some in [[job] for job in group] if alone else [group]:
                futures = {client.submit(scan_file, job, pure=False, key=f"scan-{job.name}-{os.urandom(4).hex()}"): job for job in some}  # fmt: skip
                try:
                    for future in distributed.as_completed(list(futures), loop=client.loop):  # type: ignore[no-untyped-call]
                        failure = future.exception()
                        if failure is None:
                            yield future.result()
                        elif not isinstance(failure, KilledWorker):
                            raise failure
                        elif alone:
                            yield _died(futures[future], f"its workers died, also when it was alone ({failure})".splitlines()[0])  # fmt: skip
                        else:
                            blamed.append(futures[future])
                        future.release()
                finally:
                    client.cancel(list(futures))  # type: ignore[no-untyped-call]
