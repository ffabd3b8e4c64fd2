"""``aponia serve`` under load, beside the same bytes from Starlette's StaticFiles under uvicorn.

Both servers run in a process of their own, the clients in another, all on this machine; about half
a minute. Two kinds of load: *paced* sends requests at times fixed beforehand and measures from the
time a request was due, so that a server that stalls is charged for all that waited; *flat out* keeps
every connection busy. The mix is what readers and programs ask for: the start page, questions,
studies, data twins, the stylesheet, and one in four with the ETag of an earlier visit (304).
Views that compute (``/explore/…``) are asked at 50 a second when the server has them.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PATHS = (
    "/", "/index.html", "/questions/", "/questions/psilocybin-cluster-headache.html", "/questions/ketamine-infusion-pain.html",
    "/studies/", "/studies/schindler-2022-cluster-headache.html", "/trials/", "/safety/", "/methods/",
    "/questions/psilocybin-cluster-headache.json", "/questions/psilocybin-cluster-headache.csv", "/data/studies.ris", "/static/site.css",
)  # fmt: skip
EXPLORE = "/explore/ketamine-neuropathic-pain"
CONNECTIONS = 32
PACED = 500
SECONDS = 5.0
COMMAND = [sys.executable, "-c", "from aponia.cli import main; main()", "serve", "--port", "0", "--json"]  # fmt: skip
PEER = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
app = Starlette(routes=[Mount("/", StaticFiles(directory=sys.argv[1], html=True))])
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(512)
print('{"address": "http://127.0.0.1:%d/"}' % s.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[s])
"""


@dataclass
class Load:
    """What a load came to; times in seconds."""

    times: list[float] = field(default_factory=list)
    errors: int = 0
    unchanged: int = 0
    seconds: float = 0.0
    processor: float = float("nan")

    def line(self, name: str) -> str:
        if not self.times:
            return f"  {name:<34} no answers, {self.errors} errors"
        found = sorted(self.times)
        p50, p99 = (1000 * found[min(len(found) - 1, int(q * len(found)))] for q in (0.5, 0.99))
        return (
            f"  {name:<34} {len(found) / self.seconds:7.0f} requests/s   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   "
            f"max {1000 * found[-1]:7.1f} ms   {1000 * self.processor / len(found):5.2f} ms of the server's processor each   {self.unchanged} of {len(found)} unchanged, {self.errors} errors"
        )


class Connection:
    """One kept connection; asks and reads whole answers, and remembers ETags."""

    def __init__(self, host: str, port: int, tags: dict[str, str]) -> None:
        self.host, self.port, self.tags = host, port, tags
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, *, again: bool) -> int:
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.streams
        tag = self.tags.get(path) if again else None
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nAccept-Encoding: gzip\r\n{known}\r\n".encode())  # fmt: skip
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head[9:12])
        fields = {
            k.lower(): v for k, _, v in (line.partition(": ") for line in head.split("\r\n")[1:])
        }
        await reader.readexactly(int(fields.get("content-length", 0)) if status != 304 else 0)
        if "etag" in fields:
            self.tags[path] = fields["etag"]
        return status

    def drop(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
        self.streams = None


async def _load(address: str, paths: tuple[str, ...], seconds: float, pace: float | None) -> Load:
    parts = urlsplit(address)
    load, tags, rng = Load(), {}, random.Random(1)
    begin = time.perf_counter()
    asked = 0

    async def client() -> None:
        nonlocal asked
        connection = Connection(str(parts.hostname), int(parts.port or 80), tags)
        while True:
            due = begin + asked / pace if pace else time.perf_counter()
            if due - begin >= seconds:
                break
            asked += 1
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            try:
                status = await asyncio.wait_for(connection.ask(rng.choice(paths), again=rng.random() < 0.25), 10)  # fmt: skip
            except (TimeoutError, OSError, EOFError, ValueError):
                connection.drop()
                load.errors += 1
                continue
            load.times.append(time.perf_counter() - due)
            load.unchanged += status == 304
            load.errors += status not in {200, 304}
        connection.drop()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    load.seconds = time.perf_counter() - begin
    return load


def _in_process(address, paths, seconds, pace, out):
    out.put(asyncio.run(_load(address, paths, seconds, pace)))


@dataclass
class Served:
    """A server under way."""

    address: str
    pid: int
    told: float  # seconds until it said its address


def processor(pid: int) -> float:
    """Return the processor seconds a process has used; the clock of a busy machine tells of its neighbours."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(at: Served, paths: tuple[str, ...], seconds: float, pace: float | None = None) -> Load:
    """Run a load in a process of its own and return what it came to."""
    before = processor(at.pid)
    context = multiprocessing.get_context("fork")
    out = context.Queue()
    process = context.Process(target=_in_process, args=(at.address, paths, seconds, pace, out))
    process.start()
    found: Load = out.get(timeout=seconds + 30)
    found.processor = processor(at.pid) - before
    process.join(30)
    return found


@contextmanager
def server(*command: str):
    """Start a server that prints JSON with its address."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    text = ""
    try:
        assert process.stdout is not None
        while not text.rstrip().endswith("}"):
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"the server ended: {text}")
            text += line
        yield Served(json.loads(text)["address"], process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(30)


def once(address: str, path: str) -> int:
    """Return the status of a path; waits while the page is being made."""

    async def ask() -> int:
        parts = urlsplit(address)
        connection = Connection(str(parts.hostname), int(parts.port or 80), {})
        status = await connection.ask(path, again=False)
        connection.drop()
        return status

    return asyncio.run(ask())


def copy_of(address: str, folder: Path) -> None:
    """Write the bytes the server gives to files, for the peer to give."""
    import httpx

    with httpx.Client(base_url=address) as client:
        for path in PATHS:
            target = folder / (path[1:] + "index.html" if path.endswith("/") else path[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(client.get(path).content)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "files"
        files.mkdir()
        print(f"{CONNECTIONS} connections, {len(PATHS)} pages and files, {os.cpu_count()} processors, clients on this machine")  # fmt: skip
        with server(*COMMAND, "--db", f"sqlite:///{folder}/a.sqlite") as ours_at:
            once(ours_at.address, "/")
            first = time.perf_counter()
            once(ours_at.address, "/data/")  # made last
            print(f"  address told after {ours_at.told:.1f} s, all pages made {time.perf_counter() - first:.1f} s after the first answer")  # fmt: skip
            paced = load(ours_at, PATHS, SECONDS, PACED)
            print(paced.line(f"paced, {PACED} a second"), flush=True)
            ours = load(ours_at, PATHS, SECONDS)
            print(ours.line("flat out"), flush=True)
            if once(ours_at.address, EXPLORE) == 200:
                # As many views as one address may have computed in a minute; then each is kept.
                views = tuple(f"{EXPLORE}?max={day}&units=sd&model={model}" for model in ("REML", "DL", "PM", "SJ") for day in range(40, 90))  # fmt: skip
                print(load(ours_at, views, SECONDS, 50).line("explore, paced, 50 a second"))
            else:
                print("  /explore is not there: not measured")
            copy_of(ours_at.address, files)
        with server(sys.executable, "-c", PEER, str(files)) as peer_at:
            once(peer_at.address, "/")
            print(load(peer_at, PATHS, SECONDS, PACED).line(f"StaticFiles, paced, {PACED}"), flush=True)  # fmt: skip
            peer = load(peer_at, PATHS, SECONDS)
            print(peer.line("StaticFiles, flat out"))
        rate = [len(x.times) / x.seconds for x in (ours, peer)]
        print(f"  flat out, ours : StaticFiles = {rate[0] / rate[1]:.2f} (theirs unpacked, without host check or security headers)")  # fmt: skip


if __name__ == "__main__":
    main()
