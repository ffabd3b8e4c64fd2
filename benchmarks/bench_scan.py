"""The bulk scan against its limit and its peer, in one run.

The limit is ``gunzip -c FILE | wc -c``: nothing can look at a record before it is inflated. The peer
is pubmed_parser 0.5.1, run by the interpreter that PEER_PYTHON names, on the same file: records
parsed, then those kept whose title or abstract holds the words. Arguments: files, records a file.
``SCAN_OUT`` names a file to which the tables are also written.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import psutil
from made_baseline import made_baseline

from aponia.literature.scan import jobs_of, scan_file
from aponia.literature.strategies import load

QUERY = "psilocybin[tiab] AND (pain OR headache)"
COMMAND = "import sys; from aponia.cli.main import main; sys.argv = ['aponia', 'scan', *sys.argv[1:]]; main()"  # fmt: skip
PEER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import pubmed_parser
start = time.process_time()
n = kept = 0
for r in pubmed_parser.parse_medline_xml(sys.argv[1], year_info_only=False, author_list=True):
    n += 1
    text = (r["title"] + " " + r["abstract"]).lower()
    if "psilocybin" in text and ("pain" in text or "headache" in text):
        kept += 1
print(json.dumps({"seconds": time.process_time() - start, "records": n, "kept": kept}))
"""


def strategy() -> str:
    """Return the shipped PubMed strategy with its numbered lines written out."""
    lines = load("pubmed")["lines"]
    return f"(({lines[0]['query']}) OR ({lines[1]['query']})) AND ({lines[2]['query']})"


def children() -> float:
    """Return processor seconds of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def inflate(path: Path) -> tuple[float, float, int]:
    """Return wall seconds, processor seconds and bytes of ``gunzip -c | wc -c``."""
    start, cpu = time.perf_counter(), children()
    out = subprocess.run(["sh", "-c", 'gunzip -c "$1" | wc -c', "sh", str(path)], check=True, capture_output=True)  # fmt: skip
    return time.perf_counter() - start, children() - cpu, int(out.stdout)


def ours(path: Path, folder: Path, query: str) -> dict[str, float]:
    """Scan one file in this process, the better of two runs."""
    parts = [scan_file(jobs_of([path], folder, query)[0]) for _ in range(2)]
    best = min(parts, key=lambda p: p.cpu_seconds)
    return {"wall": best.seconds, "cpu": best.cpu_seconds, "records": best.records, "matches": best.matches}  # fmt: skip


def largest(process: psutil.Process) -> float:
    """Return the largest memory so far of a process and of all below it, in MB."""
    out = 0.0
    with contextlib.suppress(psutil.Error):
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(OSError, psutil.Error):
                found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{one.pid}/status").read_text())
                out = max(out, int(found[1]) / 1024 if found else 0.0)
    return out


def command(paths: list[Path], folder: Path, workers: int, *, watch: bool = False) -> tuple[float, float]:  # fmt: skip
    """Return wall seconds of a whole run, and when watched the largest memory of any process, in MB."""
    shutil.rmtree(folder, ignore_errors=True)
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", COMMAND, *map(str, paths), "--query", QUERY, "--out", str(folder), "--workers", str(workers), "--json"], stdout=subprocess.DEVNULL)  # fmt: skip
    memory = 0.0
    if watch:
        # What the system tells at the end counts neither the workers nor only this run.
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            memory = max(memory, largest(watched))
            time.sleep(0.02)
    assert process.wait() == 0
    return time.perf_counter() - start, memory


def main(files: int = 2, records: int = 30_000) -> None:
    """Print the tables."""
    lines: list[str] = []

    def say(text: str) -> None:
        print(text, flush=True)
        lines.append(text)

    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        paths = made_baseline(work / "base", files, records)
        slice_file = made_baseline(work / "slice", 1, min(records, 3000), seed=2)[0]
        ours(slice_file, work / "warm", QUERY)
        wall, cpu, size = min(inflate(paths[0]) for _ in range(3))
        packed = paths[0].stat().st_size
        say(f"One file: {records:,} records, {size / 1e6:.0f} MB of XML, {packed / 1e6:.1f} MB packed.\n")  # fmt: skip
        say("| | wall s | CPU s | MB of XML a second (CPU) | CPU, × gunzip | wall, × gunzip |")
        say("| --- | ---: | ---: | ---: | ---: | ---: |")

        def row(label: str, w: float, c: float) -> None:
            say(f"| {label} | {w:.2f} | {c:.2f} | {size / 1e6 / c:.0f} | {c / cpu:.2f} | {w / wall:.2f} |")  # fmt: skip

        row("`gunzip -c \\| wc -c` (two processes)", wall, cpu)
        for label, query in (
            (f"`{QUERY}`", QUERY),
            ("the shipped PubMed strategy, 136 terms", strategy()),
            ("`pain[tiab]` (one record in twenty matches)", "pain[tiab]"),
        ):
            found = ours(paths[0], work / "one", query)
            row(f"aponia scan, {label}", found["wall"], found["cpu"])
        peer = os.environ.get("PEER_PYTHON")
        if peer:
            out = subprocess.run([peer, "-c", PEER, str(paths[0])], check=True, capture_output=True)  # fmt: skip
            theirs = json.loads(out.stdout)
            mine = ours(paths[0], work / "one", QUERY)
            say(f"\nSame {theirs['records']:,} records, processor time: pubmed_parser {theirs['seconds']:.2f} s ({theirs['kept']} kept), "
                f"aponia scan {mine['cpu']:.3f} s ({mine['matches']:.0f} kept): **{theirs['seconds'] / mine['cpu']:.0f} times faster**.")  # fmt: skip
        else:
            say("\nPEER_PYTHON is not set: not compared with pubmed_parser.")
        many = []
        for i in range(32):
            link = work / "many" / f"f{i:02d}.xml.gz"
            link.parent.mkdir(exist_ok=True)
            os.link(slice_file if i >= 8 else paths[i % files], link)
            many.append(link)
        turns = [(command(many[:4], work / "out", 1)[0], command(many[:4], work / "out", 2)[0]) for _ in range(3)]  # fmt: skip
        one, two = (min(some) for some in zip(*turns, strict=True))
        say(f"\nFour such files, start-up included, the best of three turns: one worker {one:.2f} s, two workers {two:.2f} s, {one / two:.2f} times faster. "
            f"Load of the machine, this run counted in: {os.getloadavg()[0]:.1f}.")  # fmt: skip
        say("\n| files | largest process, MB |\n| ---: | ---: |")
        for n in (2, 8, 32):
            say(f"| {n} | {command(many[:n], work / 'out', 1, watch=True)[1]:.0f} |")
    if target := os.environ.get("SCAN_OUT"):
        Path(target).write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:3]))
