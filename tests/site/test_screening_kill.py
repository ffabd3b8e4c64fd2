"""The command itself, killed while reviewers press on: no confirmed decision is lost."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from contextlib import closing

import httpx

from aponia.literature.store import Review, open_database

COMMAND = [sys.executable, "-c", "from aponia.cli import main; main()", "literature", "screen"]


def ris(count):
    return "".join(f"TY  - JOUR\nTI  - Report {k} on topic {k * 7919} in group {k * 104729}\nPY  - {1950 + k}\nVL  - {k}\nER  - \n" for k in range(1, count + 1))  # fmt: skip


def started(url):
    process = subprocess.Popen([*COMMAND, "--port", "0", "--db", url, "--json"], stdout=subprocess.PIPE, text=True)  # fmt: skip
    text = ""
    assert process.stdout is not None
    while not text.rstrip().endswith("}"):
        line = process.stdout.readline()
        assert line, f"the server ended: {text}"
        text += line
    return process, json.loads(text)["address"].split("/screening")[0]


def client_for(address, name):
    client = httpx.Client(base_url=address, follow_redirects=True, timeout=30)
    form = client.get("/sign-in")
    token = re.search(r'name="csrf" value="([^"]+)"', form.text).group(1)
    client.post("/sign-in", data={"csrf": token, "name": name})
    return client


def test_kill_9_under_load_loses_no_decision_and_the_next_start_goes_on(database, tmp_path):
    engine = open_database(database)
    review = Review(engine, "r")
    (tmp_path / "a.ris").write_text(ris(30))
    review.add_file(tmp_path / "a.ris")
    numbers = list(review.board().numbers)
    process, address = started(database)
    confirmed: dict[int, tuple[str, int]] = {}
    pages_read: list[int] = []
    enough = threading.Event()
    lock = threading.Lock()

    def press_on(name):
        with closing(client_for(address, name)) as client:
            csrf = client.get("/api/v1/screening/session").json()["csrf"]
            for k in range(10_000):
                body = {
                    "publication": numbers[k % len(numbers)],
                    "verdict": "include" if k % 3 else "exclude",
                }
                try:
                    answer = client.post("/api/v1/screening/projects/1/decisions", json=body, headers={"X-CSRF-Token": csrf})  # fmt: skip
                except httpx.HTTPError:
                    return
                if answer.status_code != 201:
                    return
                with lock:
                    confirmed[answer.json()["decision"]] = (name, body["publication"])
                    if len(confirmed) >= 60:
                        enough.set()

    def read_on():
        # Readers of the evidence pages at the same time, while those are still being made.
        with httpx.Client(base_url=address, timeout=120) as client:
            for k in range(100_000):
                try:
                    pages_read.append(client.get(("/", "/questions/", "/static/site.css")[k % 3]).status_code)  # fmt: skip
                except httpx.HTTPError:
                    return

    threads = [
        *(threading.Thread(target=press_on, args=(name,)) for name in ("ann", "bob")),
        *(threading.Thread(target=read_on) for _ in range(2)),
    ]
    with process:
        for thread in threads:
            thread.start()
        in_time = enough.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
    assert in_time
    assert set(pages_read) == {200}
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    kept = {e["detail"]["decision"]: (e["who"], e["detail"]["publication"]) for e in review.audit_trail() if e["action"] == "decision"}  # fmt: skip
    assert confirmed.items() <= kept.items()
    # At most one each may have been written whose confirmation the kill cut off.
    assert len(kept) - len(confirmed) <= 2
    again, address = started(database)
    with again:
        try:
            with closing(client_for(address, "ann")) as client:
                shown = client.get("/api/v1/screening/projects/1/next").json()
            mine = {n for who, n in kept.values() if who == "ann"}
            assert shown["mine"] == len(mine)
        finally:
            again.terminate()
            again.wait(timeout=20)
    engine.dispose()
