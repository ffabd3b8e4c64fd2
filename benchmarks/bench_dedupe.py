"""Time and memory of deduplication on made exports of growing size, in one process."""

from __future__ import annotations

import resource
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])

from made_exports import made_exports

from aponia.literature.dedupe import against_gold, dedupe

SIZES = (10_000, 30_000, 100_000)


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Print a line a size."""
    print(
        f"{'records':>9} {'seconds':>8} {'per 1,000':>9} {'MB':>6} {'sensitivity':>11} {'lost':>4} {'precision':>9}"
    )
    for size in sizes:
        records, gold = made_exports(size)
        start = time.perf_counter()
        found = dedupe(records)
        seconds = time.perf_counter() - start
        scores = against_gold(found.groups, gold)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size:>9,} {seconds:>8.1f} {1000 * seconds / size:>9.3f} {peak:>6.0f} {scores['sensitivity']:>11.4f} {scores['fp']:>4} {scores['precision']:>9.4f}"
        )


if __name__ == "__main__":
    main(tuple(int(a) for a in sys.argv[1:]) or SIZES)
