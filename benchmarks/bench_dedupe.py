"""Time and memory of deduplication on made exports of growing size, in one process.

CPU seconds are printed beside wall seconds: on a machine that does other things only they compare.
"""

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
    print("  records   wall s    CPU s  CPU s per 1,000  MB in all  sensitivity  lost  precision")
    for size in sizes:
        records, gold = made_exports(size)
        wall, cpu = time.perf_counter(), time.process_time()
        found = dedupe(records)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        scores = against_gold(found.groups, gold)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size:>9,} {wall:>8.1f} {cpu:>8.1f} {1000 * cpu / size:>16.3f} {peak:>10.0f}"
            f" {scores['sensitivity']:>12.4f} {scores['fp']:>5.0f} {scores['precision']:>10.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main(tuple(int(a) for a in sys.argv[1:]) or SIZES)
