"""Find cases in a quarter of FAERS: which reports may match, the latest version of each, and their rows joined.

A case is one row: what DEMO says of it, and the rows of the other tables as lists. Three passes, so that memory
is bounded by the number of reports (some 40 bytes each) and not by their text:

1. the searched tables (DRUG, REAC, INDI, OUTC): which reports (`primaryid`) hold a word of every clause;
2. DEMO: the latest version of each case, withdrawn cases left out;
3. all tables, as often as `_AT_ONCE` cases need it: their rows, joined and held to the query.

What is found are reports, not events: a report says nothing of cause, and counts of reports are no rates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aponia.literature.scan.match import matches
from aponia.literature.scan.necessary import Clause, sieve
from aponia.literature.scan.quarter import TABLES, Quarter, Tell
from aponia.literature.scan.terms import Node
from aponia.literature.scan.words import fold

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from aponia.literature.scan.parts import Part

__all__ = [
    "CASE_COLUMNS",
    "CASE_SCHEMA_VERSION",
    "CAUTION",
    "Case",
    "case_schema",
    "search_quarter",
]

#: Stands wherever cases are counted.
CAUTION = (
    "These are reports, not cases proven: anyone may report, many do not, and one event may be reported more than once. "
    "A report does not show that a drug caused what followed, and counts of reports are not rates."
)  # fmt: skip
#: Raised whenever a column changes its name, type or meaning.
CASE_SCHEMA_VERSION = 1
#: Column -> (Arrow type, meaning). Codes and dates stand as the extract gives them; dates may be YYYY or YYYYMM.
CASE_COLUMNS = {
    "primaryid": ("int64", "number of this version of the report"), "caseid": ("int64", "number of the case"),
    "caseversion": ("int32", "the latest in this quarter; a later quarter may hold a later one"),
    "i_f_code": ("string", "I initial, F follow-up"), "event_dt": ("string", "date of the event as reported"),
    "init_fda_dt": ("string", "when the FDA received the first version"), "fda_dt": ("string", "when it received this one"),
    "rept_cod": ("string", "kind of report: EXP, PER, DIR, …"), "lit_ref": ("string", "literature reference, where one is given"),
    "age": ("string", "in the unit of age_cod"), "age_cod": ("string", "DEC, YR, MON, WK, DY, HR"), "sex": ("string", "as reported"),
    "wt": ("string", "weight, in the unit of wt_cod"), "wt_cod": ("string", "KG, LBS, GMS"), "occp_cod": ("string", "occupation of the reporter"),
    "reporter_country": ("string", ""), "occr_country": ("string", "where the event occurred"),
    "drugs": ("drugs", "DRUG: role PS primary suspect, SS secondary suspect, C concomitant, I interacting"),
    "reactions": ("list", "REAC: MedDRA preferred terms"), "indications": ("indications", "INDI: MedDRA preferred terms by drug"),
    "outcomes": ("list", "OUTC: DE death, LT life-threatening, HO hospitalisation, DS disability, CA congenital anomaly, RI required intervention, OT other"),
    "therapies": ("therapies", "THER: first and last day by drug"), "sources": ("list", "RPSR: source codes"),
    "file": ("string", "name of the input file"),
}  # fmt: skip
#: Columns that are lists of rows -> (table, its column -> field).
_NESTED = {
    "drugs": ("drug", {"drug_seq": "seq", "role_cod": "role", "drugname": "name", "prod_ai": "ingredient",
                       "route": "route", "dechal": "dechal", "rechal": "rechal"}),
    "indications": ("indi", {"indi_drug_seq": "seq", "indi_pt": "term"}),
    "therapies": ("ther", {"dsg_drug_seq": "seq", "start_dt": "start", "end_dt": "end"}),
}  # fmt: skip
_LISTS = {"reactions": ("reac", "pt"), "outcomes": ("outc", "outc_cod"), "sources": ("rpsr", "rpsr_cod")}  # fmt: skip
#: What a query can find stands in these.
_SEARCHED = {"drug": ("drugname", "prod_ai"), "reac": ("pt",), "indi": ("indi_pt",), "outc": ("outc_cod",)}  # fmt: skip
_DEMO = TABLES["demo"][1]
_AT_ONCE = 20_000
_MOST_CLAUSES = 8


@dataclass(frozen=True)
class Case:
    """What a query can ask of one case.

    Parameters
    ----------
    drugs, suspects : tuple of str
        Names and active ingredients; of all drugs, and of those in the role PS or SS.
    reactions, indications, outcomes : tuple of str
    """

    drugs: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    reactions: tuple[str, ...] = ()
    indications: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    #: A case is not published and has no authors; the query has been checked for that.
    dates: tuple[tuple[int, int], ...] = ()
    names: tuple[tuple[str, str, str], ...] = ()
    _folded: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def values(self, tag: str) -> tuple[str, ...]:
        """Return the folded values of a field, one of `terms.CASE_FIELDS`."""
        if tag not in self._folded:
            raw = {
                "drug": self.drugs, "suspect": self.suspects, "reac": self.reactions, "indi": self.indications,
                "outc": self.outcomes, "all": (*self.drugs, *self.reactions, *self.indications),
            }[tag]  # fmt: skip
            self._folded[tag] = tuple(f for v in raw if (f := fold(v)))
        return self._folded[tag]


def case_of_row(row: dict[str, Any]) -> Case:
    """Return what a query can ask of a row with `CASE_COLUMNS`."""
    drugs = row["drugs"]
    return Case(
        drugs=tuple(v for d in drugs for v in (d["name"], d["ingredient"])),
        suspects=tuple(v for d in drugs if d["role"].upper() in {"PS", "SS"} for v in (d["name"], d["ingredient"])),
        reactions=tuple(row["reactions"]),
        indications=tuple(i["term"] for i in row["indications"]),
        outcomes=tuple(row["outcomes"]),
    )  # fmt: skip


def case_schema() -> pa.Schema:
    """Return `CASE_COLUMNS` as an Arrow schema; their meaning stands in each field's metadata."""
    import pyarrow as pa

    kinds = {"string": pa.string(), "int32": pa.int32(), "int64": pa.int64(), "list": pa.list_(pa.string())}  # fmt: skip
    kinds |= {n: pa.list_(pa.struct([(f, pa.string()) for f in names.values()])) for n, (_, names) in _NESTED.items()}  # fmt: skip
    return pa.schema(
        [pa.field(n, kinds[kind], metadata={"meaning": meaning} if meaning else None) for n, (kind, meaning) in CASE_COLUMNS.items()],
        metadata={"aponia.scan.faers": str(CASE_SCHEMA_VERSION), "caution": CAUTION},
    )  # fmt: skip


def search_quarter(
    path: Path, node: Node, clauses: tuple[Clause, ...], part: Part, tell: Tell
) -> Iterator[dict[str, Any]]:
    """Yield the cases of a quarter that match, as rows with `CASE_COLUMNS`, by rising `primaryid`.

    Parameters
    ----------
    path : Path
        The zip.
    node : Node
        The query, parsed with ``cases=True``.
    clauses : tuple of Clause
        Of `necessary`.
    part : Part
        Gets the counts.
    tell : callable
        Told of rows left out and of damage.

    Raises
    ------
    QuarterError
        Not a quarter of FAERS.
    """
    import numpy as np

    with Quarter(path) as quarter:
        part.bytes = quarter.bytes
        withdrawn = quarter.withdrawn(tell)
        part.deleted = [str(n) for n in sorted(withdrawn)]
        candidates = _candidates(quarter, clauses, tell)
        latest = _latest(quarter, candidates, withdrawn, part, tell)
        part.parsed = len(latest)
        ids = np.unique(latest[:, 0])
        for start in range(0, len(ids), _AT_ONCE):
            # Rows left out were told in the passes before, and in the first round.
            first = {"ther", "rpsr"} if start == 0 else set()
            for row in _joined(quarter, ids[start : start + _AT_ONCE], latest, tell, first):
                if matches(node, case_of_row(row)):
                    yield row | {"file": path.name}


def _quiet(_line: int, _message: str, _kind: str) -> None:
    """Tell nobody: it was told before."""


def _candidates(quarter: Quarter, clauses: tuple[Clause, ...], tell: Tell) -> np.ndarray | None:
    """Return the reports that hold a word of every clause, rising; None when that may be any."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    # Any of the clauses are necessary; a few, the rarest, are enough.
    clauses = clauses[:_MOST_CLAUSES]
    found = [[np.empty(0, dtype=np.int64)] for _ in clauses]
    for table, columns in _SEARCHED.items():
        for batch in quarter.rows(table, columns, tell):
            ids = batch.column(0).to_numpy()
            for column in batch.columns[1:]:
                # The same few names stand in most rows; each is searched once.
                coded = pc.dictionary_encode(column)
                places, values = coded.indices.to_numpy(), coded.dictionary.cast(pa.binary())
                for i, clause in enumerate(clauses):
                    hit = np.zeros(len(values), dtype=bool)
                    hit[sieve(values, (clause,), lines=True)] = True
                    found[i].append(np.unique(ids[hit[places]]))
        found = [[np.unique(np.concatenate(some))] for some in found]
    if not clauses:
        return None
    out = found[0][0]
    for some in found[1:]:
        out = np.intersect1d(out, some[0], assume_unique=True)
    return out


def _latest(
    quarter: Quarter, candidates: np.ndarray | None, withdrawn: set[int], part: Part, tell: Tell
) -> np.ndarray:
    """Return (primaryid, caseid, place in DEMO) of the candidates that are the latest version of their case."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    file = quarter.members["demo"].filename.rsplit("/", 1)[-1]
    pieces = []
    odd = 0
    for batch in quarter.rows("demo", ("caseid", "caseversion", "fda_dt"), tell):
        columns = [batch.column(0).to_numpy()]
        for i in (1, 2, 3):
            text = pc.utf8_trim_whitespace(batch.column(i))
            number = pc.match_substring_regex(text, "^[0-9]{1,18}$")
            odd += pc.sum(pc.invert(number)).as_py() or 0 if i == 1 else 0
            columns.append(pc.cast(pc.if_else(number, text, pa.scalar("-1")), pa.int64()).to_numpy())  # fmt: skip
        pieces.append(np.stack(columns, axis=1))
    demo = np.concatenate(pieces) if pieces else np.empty((0, 4), dtype=np.int64)
    part.records = len(demo)
    if odd:
        tell(0, f"{file}: {odd} rows without a case number, left out", "record")
    place = np.arange(len(demo))
    place = place[demo[:, 1] >= 0]
    # Latest version, then latest date, then largest number, then first row: one row a case, always the same.
    order = place[np.lexsort((-place, *(demo[place, c] for c in (0, 3, 2, 1))))]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = demo[order[1:], 1] != demo[order[:-1], 1]
    order = order[last]
    gone = np.isin(demo[order, 1], np.fromiter(withdrawn, np.int64, len(withdrawn)))
    part.dropped = {"superseded": int(len(place) - len(order)), "withdrawn": int(gone.sum())}
    order = order[~gone]
    if candidates is not None:
        orphans = len(np.setdiff1d(candidates, demo[:, 0], assume_unique=False))
        if orphans:
            tell(0, f"{file}: no row for {orphans} reports of the other tables that may match; left out", "record")  # fmt: skip
        order = order[np.isin(demo[order, 0], candidates)]
    return np.column_stack((demo[order, 0], demo[order, 1], order))


def _joined(
    quarter: Quarter, ids: np.ndarray, latest: np.ndarray, tell: Tell, first: set[str]
) -> Iterator[dict[str, Any]]:
    """Yield the cases of these reports, rising, with their rows of all tables."""
    import numpy as np

    # A report number that stands for two cases is rare but real: both are given.
    cases: dict[int, list[dict[str, Any]]] = defaultdict(list)
    mine = latest[np.isin(latest[:, 0], ids)]
    places = {int(p): int(c) for _, c, p in mine}
    wanted = np.sort(mine[:, 2])
    at = 0
    for batch in quarter.rows("demo", ("caseversion", *_DEMO), _quiet):
        here = wanted[(wanted >= at) & (wanted < at + batch.num_rows)]
        for place, row in zip(here.tolist(), _rows(batch, here - at), strict=True):
            version = row["caseversion"]
            version = int(version) if version.isdecimal() and len(version) < 10 else 0
            cases[row["primaryid"]].append(row | {"caseid": places[place], "caseversion": version})
        at += batch.num_rows
    children: dict[str, dict[int, list[Any]]] = {}
    for name, (table, names) in _NESTED.items():
        children[name] = _children(quarter, table, tuple(names), ids, tell if table in first else _quiet)  # fmt: skip
        for some in children[name].values():
            some[:] = [{names[k]: v for k, v in row.items() if k in names} for row in some]
    for name, (table, column) in _LISTS.items():
        children[name] = _children(quarter, table, (column,), ids, tell if table in first else _quiet)  # fmt: skip
        for some in children[name].values():
            some[:] = [row[column] for row in some]
    for number in sorted(cases):
        for row in sorted(cases[number], key=lambda r: int(r["caseid"])):
            yield row | {name: rows.get(number, []) for name, rows in children.items()}


def _children(
    quarter: Quarter, table: str, columns: tuple[str, ...], ids: np.ndarray, tell: Tell
) -> dict[int, list[Any]]:
    import numpy as np

    out: dict[int, list[Any]] = defaultdict(list)
    for batch in quarter.rows(table, columns, tell):
        here = np.flatnonzero(np.isin(batch.column(0).to_numpy(), ids))
        for row in _rows(batch, here):
            out[row["primaryid"]].append(row)
    return out


def _rows(batch: pa.RecordBatch, places: np.ndarray) -> list[dict[str, Any]]:
    """Return some rows, without blanks at either end of a field."""
    columns = {n: batch.column(n).take(places).to_pylist() for n in batch.schema.names}
    texts = [
        values if n == "primaryid" else [v.strip() for v in values] for n, values in columns.items()
    ]
    return [dict(zip(columns, row, strict=True)) for row in zip(*texts, strict=True)]
