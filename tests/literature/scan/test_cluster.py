"""The same scan on a Dask cluster of several processes, also when a worker dies in the middle of a file."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aponia.literature.scan import ScanError, jobs_of, read_parts, scan

QUERY = "psilocybin[tiab] AND headache"

# Dask tells of workers that died with warnings of its own and closes its sockets late.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:tornado"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    import dask
    import distributed

    settings = {"distributed.scheduler.allowed-failures": 1, "distributed.worker.memory.terminate": False, "distributed.comm.timeouts.connect": "20s"}  # fmt: skip
    with dask.config.set(settings), distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1", silence_logs=50
    ) as made_cluster:  # fmt: skip
        yield made_cluster


def test_cluster_gives_what_one_machine_gives(cluster: Any, made: ModuleType, tmp_path: Path) -> None:  # fmt: skip
    for i in range(5):
        made.write(tmp_path / f"in/f{i}.xml.gz", made.corpus(1 + 100 * i, 100))
    here = scan(jobs_of([tmp_path / "in"], tmp_path / "here", QUERY), workers=1)
    there = scan(jobs_of([tmp_path / "in"], tmp_path / "there", QUERY), scheduler=cluster.scheduler_address)  # fmt: skip
    assert [p.matches for p in there.parts] == [p.matches for p in here.parts] == [10] * 5
    records = [list(read_parts(sorted((tmp_path / d).glob("*.parquet")))) for d in ("here", "there")]  # fmt: skip
    assert records[0] == records[1]
    again = scan(jobs_of([tmp_path / "in"], tmp_path / "there", QUERY), scheduler=cluster.scheduler_address)  # fmt: skip
    assert again.reused == 5


def readers_of(path: Path) -> list[int]:
    out = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            held = [fd.readlink() for fd in (process / "fd").iterdir()]
        except OSError:
            continue
        if int(process.name) != os.getpid() and path in held:
            out.append(int(process.name))
    return out


@pytest.mark.parametrize("always", [False, True])
def test_dead_dask_worker_costs_no_other_file(cluster: Any, made: ModuleType, tmp_path: Path, always: bool) -> None:  # fmt: skip
    for i in range(5):
        made.write(tmp_path / f"in/f{i}.xml.gz", made.corpus(1 + 100 * i, 100))
    stuck = tmp_path / "in/stuck.xml"
    os.mkfifo(stuck)
    killed: list[int] = []
    done = threading.Event()

    def kill() -> None:
        text = made.corpus(901, 100).encode()
        with stuck.open("wb") as pipe:
            pipe.write(text[:100])
            pipe.flush()
            while not done.is_set() and (always or not killed):
                for pid in readers_of(stuck):
                    if pid not in killed:
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)
            # Whoever gets the file next finds an ordinary one; who waits at the pipe sees it end.
            ordinary = tmp_path / "ordinary.xml"
            ordinary.write_bytes(text)
            ordinary.replace(stuck)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    files = [*sorted((tmp_path / "in").glob("f*.gz")), stuck]
    result = scan(jobs_of(files, tmp_path / "out", QUERY), scheduler=cluster.scheduler_address)
    states = {p.name: p.state for p in result.parts}
    done.set()
    assert len(killed) >= (2 if always else 1)
    assert {states[f"f{i}"] for i in range(5)} == {"complete"}
    assert sum(p.matches for p in result.parts if p.name != "stuck") == 50
    assert states["stuck"] in ({"killed"} if always else {"complete", "failed"})


def test_no_scheduler_is_said(made: ModuleType, tmp_path: Path) -> None:
    import dask

    path = made.write(tmp_path / "a.xml", made.corpus(1, 10))
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(ScanError, match="no Dask scheduler"),
    ):
        scan(jobs_of([path], tmp_path / "out", QUERY), scheduler="tcp://nowhere.invalid:8786")
