"""Find new records: file formats, deduplication, ranking, screening, and a database for it all.

The front door reads and writes files. Duplicates are found by `aponia.literature.dedupe`, the next
record to read by `aponia.literature.screening`; `aponia.literature.store` keeps a review.

>>> text = write([Record("1", title="LSD for pain", year=2021)], "ris")
>>> from aponia.literature.readers import read_text
>>> read_text(text, "x.ris").records[0].title
'LSD for pain'
"""

from aponia.literature.record import Problem, ReadResult, Record  # isort: skip
from aponia.literature.readers import ReadError, read, read_all
from aponia.literature.writers import write

__all__ = ["Problem", "ReadError", "ReadResult", "Record", "read", "read_all", "write"]
