"""Write records as RIS, CSV, BibTeX or NBIB.

Every writer is read back by `aponia.literature.readers` without loss of title, abstract, authors,
year, journal, volume, issue, pages, DOI, PubMed and registry numbers. CSV also keeps ``raw``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aponia.literature.record import Record
from aponia.literature.writers.bibtex import to_bibtex
from aponia.literature.writers.nbib import to_nbib
from aponia.literature.writers.ris import to_ris
from aponia.literature.writers.table import to_csv

__all__ = ["WRITERS", "to_bibtex", "to_csv", "to_nbib", "to_ris", "write"]

WRITERS: dict[str, Callable[[Iterable[Record]], str]] = {
    "ris": to_ris, "csv": to_csv, "bibtex": to_bibtex, "bib": to_bibtex, "nbib": to_nbib,
}  # fmt: skip


def write(records: Iterable[Record], format: str) -> str:
    """Return records as text in a format.

    Raises
    ------
    ValueError
        The format is not one of ``ris csv bibtex nbib``.
    """
    if format not in WRITERS:
        raise ValueError(f"unknown format {format!r}; known are ris, csv, bibtex, nbib")
    return WRITERS[format](records)
