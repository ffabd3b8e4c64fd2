"""Scan whole databases: a PubMed-style query over thousands of files, on every core or a cluster.

In go PubMed XML files (gzip or plain; a baseline is some 1,300 of them), lines of JSON as OpenAlex
and Europe PMC give them, or quarters of FAERS (zip; `CASE_COLUMNS`, `CAUTION`). Out comes a folder with one Parquet part an input file, and a manifest for
each under ``_manifests``: what was scanned with which query, how many records there were, and
everything that was wrong. A run that was stopped goes on where it was; a changed query or input is
scanned anew. `COLUMNS` describes the parts.

The bytes are searched before any XML is parsed (`necessary`), so nearly all the time is inflating.

>>> node = parse("psilocybin[tiab] AND (pain OR headache*)")
>>> matches(node, Article(title=("Psilocybin for cluster headaches",)))
True
>>> [sorted(clause) for clause in necessary(node)]
[['psilocybin'], ['headache*', 'pain']]
"""

from aponia.literature.scan.article import Article, article_of_node, article_of_record
from aponia.literature.scan.cases import CASE_COLUMNS, CAUTION, Case
from aponia.literature.scan.match import matches
from aponia.literature.scan.necessary import necessary
from aponia.literature.scan.one import scan_file
from aponia.literature.scan.parts import COLUMNS, Job, Part, Trouble, read_parts
from aponia.literature.scan.query import QueryError, notes, parse
from aponia.literature.scan.run import ScanError, ScanResult, jobs_of, scan

__all__ = [
    "CASE_COLUMNS", "CAUTION", "COLUMNS", "Article", "Case", "Job", "Part", "QueryError", "ScanError", "ScanResult", "Trouble", "article_of_node",
    "article_of_record", "jobs_of", "matches", "necessary", "notes", "parse", "read_parts", "scan", "scan_file",
]  # fmt: skip
