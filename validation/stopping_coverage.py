"""How often each stopping rule stops with recall below the target: writes ``stopping_coverage.md``.

``python validation/stopping_coverage.py [RUNS.csv …]``. Made-up reviews are screened many times;
files of ``benchmarks/bench_screening.py`` (column ``found``, the labels in the order shown) add
ranked orders of real reviews. Three rules are compared at target 95 % and alpha 5 %:

- *repeated look*: `ranked_quasi_test` every 2 % of the records, stop at the first rejection;
- *random check*: when the same test first rejects, draw `needed_sample` records from the unread at
  level `check_level(k)` and read them; stop if the test on them rejects, else rank on, until as
  many further records have been read as the check had, and check again;
- *random from the start*: read in random order, with the same repeated look.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aponia.literature.screening import (
    check_level,
    needed_sample,
    random_sample_test,
    ranked_quasi_test,
)

TARGET, ALPHA = 0.95, 0.05
SEED = 20251122
REPEATS = 60
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Outcome:
    """Recall and share of records read when the rule stopped."""

    recall: float
    read: float


def _recall(y: np.ndarray, read: np.ndarray) -> Outcome:
    return Outcome(float(y[read].sum() / y.sum()), float(read.mean()))


_FIRST: dict[bytes, int] = {}


def first_rejection(y: np.ndarray) -> int:
    """Return after how many labels in this order the test first rejects, all of them at the latest.

    The test is looked at every 2 % of the records, to keep the validation short.
    """
    key = y.tobytes()
    if key not in _FIRST:
        step = max(1, len(y) // 50)
        looks = range(step, len(y), step)
        stops = (
            read
            for read in looks
            if ranked_quasi_test(y[:read].tolist(), len(y), target=TARGET, alpha=ALPHA).stop
        )
        _FIRST[key] = next(stops, len(y))
    return _FIRST[key]


def repeated_look(y: np.ndarray, _: np.random.Generator) -> Outcome:
    read = np.zeros(len(y), dtype=bool)
    read[: first_rejection(y)] = True
    return _recall(y, read)


def random_check(y: np.ndarray, rng: np.random.Generator) -> Outcome:
    read = np.zeros(len(y), dtype=bool)
    read[: first_rejection(y)] = True
    check = 0
    while not read.all():
        check += 1
        level = check_level(check, ALPHA)
        found, unread = int(y[read].sum()), np.flatnonzero(~read)
        size = needed_sample(found, len(unread), target=TARGET, alpha=level)
        drawn = rng.choice(unread, size, replace=False)
        read[drawn] = True
        test = random_sample_test(found, len(unread), y[drawn].tolist(), target=TARGET, alpha=level)
        if test.stop:
            break
        read[np.flatnonzero(~read)[:size]] = True
    return _recall(y, read)


def random_from_the_start(y: np.ndarray, rng: np.random.Generator) -> Outcome:
    return repeated_look(rng.permutation(y), rng)


RULES: dict[str, Callable[[np.ndarray, np.random.Generator], Outcome]] = {
    "repeated look": repeated_look,
    "random check": random_check,
    "random from the start": random_from_the_start,
}


def made_up(rng: np.random.Generator) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield reviews: the ranking's score is normal, `gap` standard deviations higher if relevant.

    Where there are stragglers, one relevant record in eight scores like an irrelevant one.
    """
    for n, relevant in ((500, 25), (500, 100), (1000, 40)):
        for gap, stragglers in ((1.0, 0.0), (2.5, 0.0), (2.5, 0.125)):
            orders = []
            for _ in range(REPEATS):
                y = np.zeros(n, dtype=int)
                y[:relevant] = 1
                lifted = y * gap * (rng.random(n) >= stragglers)
                orders.append(y[np.argsort(-(rng.normal(size=n) + lifted))])
            kind = f"gap {gap:g}" + (", stragglers" if stragglers else "")
            yield f"made up, {n} records, {relevant} relevant, {kind}", orders


def real(files: list[str]) -> Iterator[tuple[str, list[np.ndarray]]]:
    by: dict[str, list[np.ndarray]] = {}
    for file in files:
        with Path(file).open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                by.setdefault(row["dataset"], []).append(
                    np.array([int(c) for c in row["found"]], dtype=int)
                )
    for name in sorted(by):
        # The draw of the check is random, so each order is screened several times.
        yield f"{name}, ranked, {len(by[name])} orders", by[name] * max(1, 24 // len(by[name]))


def main(files: list[str]) -> None:
    csv.field_size_limit(10**7)
    rng = np.random.default_rng(SEED)
    lines = []
    totals: dict[str, list[Outcome]] = {}
    for group, reviews in (("real", real(files)), ("made up", made_up(rng))):
        for name, orders in reviews:
            cells = [name]
            for rule, run in RULES.items():
                got = [run(y, rng) for y in orders]
                totals.setdefault(f"{group}: {rule}", []).extend(got)
                cells += _cells(got)
            lines.append("| " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    for group in ("real", "made up"):
        mean = [f"**all {group}**"]
        for rule in RULES:
            mean += _cells(totals.get(f"{group}: {rule}", []))
        if len(mean[1]):
            lines.append("| " + " | ".join(mean) + " |")
    heads = "".join(f" {r}: recall reached, % | mean recall | read, % |" for r in RULES)
    text = [
        "# When screening stops",
        "",
        f"How often recall was at least {100 * TARGET:.0f} % when a rule said so; "
        f"{100 * (1 - ALPHA):.0f} % or more is what it promises. {REPEATS} made-up screenings a "
        f"line (seed {SEED}), and ranked orders of labelled reviews. Written by "
        "`validation/stopping_coverage.py`, which says what the rules do.",
        "",
        "| review |" + heads,
        "| --- |" + " ---: |" * (3 * len(RULES)),
        *lines,
        "",
        "Only the random check has a guarantee that holds for every review and ranking: its error "
        "is at most alpha by construction (a union bound over its checks). Its price stands in its "
        "third column: with few relevant records nearly everything has to be read. The repeated "
        "look has no guarantee. Measured, it is cautious where the ranking finds relevant records "
        "early; it comes nearest to its limit where some of them score like irrelevant ones "
        "(stragglers), and goes beyond it in some lines where the order is random and each look "
        "uses up alpha again. Made-up lines have screenings enough for a standard error of 3 "
        "points at 95 %; those of real reviews repeat a few ranked orders, so that their shares "
        "for the repeated look are those of so many screenings only.",
        "",
    ]
    (HERE / "stopping_coverage.md").write_text("\n".join(text), encoding="utf-8")


def _cells(got: list[Outcome]) -> list[str]:
    if not got:
        return ["", "", ""]
    reached = np.mean([o.recall >= TARGET - 1e-12 for o in got])
    return [f"{100 * reached:.1f}", f"{np.mean([o.recall for o in got]):.3f}",
            f"{100 * np.mean([o.read for o in got]):.1f}"]  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
