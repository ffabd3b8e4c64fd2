"""Screening order on labelled reviews: records read until 95 % and all of the relevant are found.

``APONIA_SCREENING=DIR python -m benchmarks screening`` reads ``DIR/data/*.csv`` (with the columns
``record_id`` and ``label_included``), ``DIR/priors.csv`` (``dataset seed prior_included_record_id
prior_excluded_record_id``) and, where there are any, a peer's runs in ``DIR/asreview_runs.csv``. Every run is appended to ``screening_runs.csv`` in the working directory
(or ``APONIA_SCREENING_OUT``); runs already there are not repeated. Without the variable a small
made-up review is ranked, which shows the speed only.
"""

from __future__ import annotations

import csv
import os
import random
import time
from pathlib import Path

import numpy as np

from aponia.literature import Record
from aponia.literature.readers import read
from aponia.literature.screening import Ranker, simulate
from aponia.literature.screening.features import Views

_MEASURES = ("records_to_95", "records_to_100", "wss95", "rrf10", "atd", "seconds")
#: `found` holds the labels in the order shown, for `validation/stopping_coverage.py`.
_FIELDS = ("dataset", "seed", "n", "relevant", "retrainings", *_MEASURES, "found")


def main() -> None:
    speed()
    folder = os.environ.get("APONIA_SCREENING")
    if folder is None:
        return
    out = Path(os.environ.get("APONIA_SCREENING_OUT", "screening_runs.csv"))
    run(Path(folder), out)
    table(out, Path(folder))


def speed(n: int = 10_000) -> None:
    """Time views and one training on n made-up abstracts of 200 words."""
    rng = np.random.default_rng(1)
    letters = random.Random(1)
    vocabulary = np.array(
        [
            "".join(letters.choices("abcdefghilmnoprstu", k=letters.randint(3, 11)))
            for _ in range(40_000)
        ]
    )
    chance = 1 / np.arange(1, len(vocabulary) + 1)
    chance /= chance.sum()
    records = []
    for i in range(n):
        text = rng.choice(vocabulary, 215, p=chance)
        records.append(
            Record(str(i), title=" ".join(text[:15]), abstract=" ".join(text[15:])),
        )
    # Processor time: the wall clock of a shared machine tells of its neighbours.
    start = time.process_time()
    ranker = Ranker(records)
    built = time.process_time() - start
    print(f"{n} records: views built once in {built:.1f} s (processor)", flush=True)
    for m in (10, 300, 1000, 3000):
        y = np.zeros(m, dtype=int)
        y[: max(1, m // 20)] = 1
        start = time.process_time()
        ranker.rank(np.arange(m), y)
        trained = time.process_time() - start
        start = time.process_time()
        ranker.explain(n - 1)
        print(f"  {m} labels: trained and ranked in {trained:.2f} s, one explained in "
              f"{time.process_time() - start:.3f} s")  # fmt: skip


def run(folder: Path, out: Path) -> None:
    """Run all reviews from their priors, with criteria too where there are any."""
    with (folder / "priors.csv").open() as handle:
        starts = list(csv.DictReader(handle))
    done = set()
    if out.exists():
        with out.open() as handle:
            done = {(r["dataset"], r["seed"]) for r in csv.DictReader(handle)}
    else:
        out.write_text(",".join(_FIELDS) + "\n")
    kept: dict[str, tuple[list[Record], list[int], Views]] = {}
    # Seed by seed: whatever is cut short is even over the reviews.
    for s in sorted(starts, key=lambda s: int(s["seed"])):
        name = s["dataset"]
        if (name, s["seed"]) in done:
            continue
        if name not in kept:
            records = read(folder / "data" / f"{name}.csv").records
            labels = [int(r.raw["label_included"][0]) for r in records]
            kept[name] = records, labels, Views.of(records)
        records, labels, views = kept[name]
        priors = [s["prior_included_record_id"], s["prior_excluded_record_id"]]
        got = simulate(records, labels, seed=int(s["seed"]), priors=priors, views=views)
        relevant = {r.id for r, y in zip(records, labels, strict=True) if y}
        found = "".join("1" if i in relevant else "0" for i in got.order)
        row = {**got.to_dict(), "dataset": name, "seed": s["seed"], "found": found}
        with out.open("a", newline="") as handle:
            csv.writer(handle).writerow([row[k] for k in _FIELDS])


def table(out: Path, folder: Path) -> None:
    """Print a line a review, mean over the seeds, beside the peer's."""
    import pandas as pd

    ours = pd.read_csv(out)
    mean = ours.groupby("dataset")[["n", "relevant", *_MEASURES]].mean()
    file = folder / "asreview_runs.csv"
    peer = None
    if file.exists():
        runs = pd.read_csv(file)
        runs = runs[(runs.ai == "elas_u4") & runs.seed.isin(ours.seed.unique())]
        peer = runs.groupby("dataset")[["n95", "n100", "wss95", "rrf10", "atd"]].mean()
    print(
        "\n| review | n | relevant | to 95 % | peer | to 100 % | peer | WSS@95 | peer | RRF@10 | peer | ATD | peer | s |"
    )
    print("| --- |" + " ---: |" * 13)
    pairs = [("records_to_95", "n95", ".1f"), ("records_to_100", "n100", ".1f"), ("wss95", "wss95", ".3f"),
             ("rrf10", "rrf10", ".3f"), ("atd", "atd", ".4f")]  # fmt: skip
    everything = mean.copy()
    everything.loc["**mean**"] = mean.mean()
    if peer is not None:
        peer = peer.loc[mean.index]
        peer.loc["**mean**"] = peer.mean()
    for name, r in everything.iterrows():
        cells = [str(name), f"{r.n:.0f}", f"{r.relevant:.0f}"]
        for a, b, f in pairs:
            cells += [format(r[a], f), format(peer.loc[name, b], f) if peer is not None else ""]
        print("| " + " | ".join([*cells, f"{r.seconds:.1f}"]) + " |")


if __name__ == "__main__":
    main()
