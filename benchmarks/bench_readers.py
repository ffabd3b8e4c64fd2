"""Time to read 10,000 records in each format that is written, and what comes back whole."""

from __future__ import annotations

import sys
import time

sys.path.insert(0, __file__.rsplit("/", 1)[0])

from made_exports import made_exports

from aponia.literature.readers import read_text
from aponia.literature.writers import write

FIELDS = ("title", "abstract", "authors", "year", "journal", "volume", "issue", "doi", "pmid")


def main(size: int = 10_000) -> None:
    """Print a line a format."""
    records, _ = made_exports(size)
    print(
        f"{'format':>8} {'MB':>6} {'CPU s':>6} {'records per s':>14} {'records':>8} {'unlike what was written':>24}"
    )
    for name in ("ris", "nbib", "csv", "bibtex"):
        text = write(records, name)
        start = time.process_time()
        found = read_text(text, f"x.{name}").records
        seconds = time.process_time() - start
        unlike = sum(
            any(getattr(a, f) != getattr(b, f) for f in FIELDS)
            for a, b in zip(records, found, strict=True)
        )
        print(
            f"{name:>8} {len(text) / 1e6:>6.1f} {seconds:>6.1f} {size / seconds:>14,.0f} {len(found):>8,} {unlike:>24,}"
        )


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:2]))
