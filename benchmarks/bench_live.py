"""How fast search and explored views are: milliseconds, and ratios to doing the same without an index or a store.

The peers run here on the same records: a scan of all texts with ``LIKE`` in SQLite for search, the
computation and drawing of each view anew for the store of recent views.
"""

from __future__ import annotations

import itertools
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from urllib.parse import urlencode

from starlette.testclient import TestClient

from aponia.answers.explore import can_explore, explore
from aponia.answers.explore_choices import read_choices
from aponia.site.app import AppConfig, create_app
from aponia.site.app.world import load_world
from aponia.site.search import SearchIndex, documents

QUERIES = ("psilocybin cluster headache", "magic mushrooms migraine", "cluser headake", "ketamine", "NCT02981173", "lithium seizure", "psilo")  # fmt: skip


def milliseconds(call: Callable[[], object], times: int = 30) -> float:
    """Return the median time of a call."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def search() -> None:
    world = load_world()
    began = time.perf_counter()
    found = list(documents(world))
    index = SearchIndex(found, world.base.vocabulary)
    print(f"search: {len(found)} documents, built in {time.perf_counter() - began:.2f} s")
    plain = sqlite3.connect(":memory:")
    plain.execute("CREATE TABLE t(text)")
    plain.executemany("INSERT INTO t VALUES (?)", [(f"{d.title} {d.names} {d.body}",) for d in found])  # fmt: skip
    for text in QUERIES:
        words = text.split()
        clause = " AND ".join("text LIKE ?" for _ in words)
        scan = milliseconds(lambda c=clause, w=words: plain.execute(f"SELECT rowid FROM t WHERE {c}", [f"%{x}%" for x in w]).fetchall())  # fmt: skip
        mine = milliseconds(lambda t=text: index.search(t))
        print(f"  {text!r}: {mine:.2f} ms with ranking, facets, snippets; scan {scan:.2f} ms; ratio {mine / scan:.2f}")  # fmt: skip


def views() -> None:
    world = load_world()
    base = world.base
    names = [q for q, a in world.answers.items() if can_explore(base.questions[q], a)]
    every = [
        (n, [("model", m), ("units", u), ("correlation", f"{r:g}")])
        for n, m, u, r in itertools.product(names, ("bayes", "REML", "PM"), ("printed", "sd"), (0.41, 0.42))
    ]  # fmt: skip
    taken = []
    for name, pairs in every:
        question, answer = base.questions[name], world.answers[name]
        began = time.perf_counter()
        explore(base, question, answer, *read_choices(pairs, question, answer))
        taken.append(1000 * (time.perf_counter() - began))
    taken.sort()
    print(f"explore, computing alone: median {statistics.median(taken):.1f} ms, 95% below {taken[int(0.95 * len(taken))]:.1f} ms")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        rates = {"check": "1000/minute", "pool": "100000/minute", "search": "1000/minute"}
        app = create_app(AppConfig(database=f"sqlite:///{folder}/a.db", hosts=("127.0.0.1",), rates=rates))  # fmt: skip
        with TestClient(app, base_url="http://127.0.0.1") as client:
            client.get(f"/explore/{names[0]}")
            addresses = []
            for name, pairs in every:
                changed = [p for p in pairs if p not in {("model", "bayes"), ("units", "printed")}]
                order = sorted(changed, key=lambda p: ("units", "model", "correlation").index(p[0]))
                addresses.append(f"/explore/{name}?{urlencode(order)}")
            cold = sorted(milliseconds(lambda a=a: client.get(a), 1) for a in addresses)
            warm = sorted(milliseconds(lambda a=a: client.get(a), 3) for a in addresses)
        app.state.desk.close()
        app.state.engine.dispose()
    for label, values in (("computed and drawn", cold), ("kept", warm)):
        middle = statistics.median(values)
        print(f"explore page, {label}: median {middle:.1f} ms, 95% below {values[int(0.95 * len(values))]:.1f} ms, {1000 / middle:.0f} a second on one core")  # fmt: skip
    print(f"  ratio kept to computed: {statistics.median(warm) / statistics.median(cold):.2f}")


def main() -> None:
    search()
    views()


if __name__ == "__main__":
    main()
