"""Write the base in other formats: CSV tables, one JSON file, RIS and BibTeX."""

# ruff: noqa: SIM905 - columns read better as lines of words than as one item a line

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from aponia.evidence.base import TABLES, EvidenceBase
from aponia.evidence.problems import EvidenceError
from aponia.evidence.study import Study
from aponia.evidence.tables import Row
from aponia.evidence.tracing import plain
from aponia.evidence.trial import Trial

__all__ = ["FORMATS", "MAIN_FILE", "export", "tex"]

Format = Literal["csv", "json", "ris", "bibtex"]
FORMATS: tuple[Format, ...] = ("csv", "json", "ris", "bibtex")
MAIN_FILE: Mapping[str, str] = {
    "csv": "results.csv",
    "json": "evidence.json",
    "ris": "studies.ris",
    "bibtex": "studies.bib",
}
"""The one file of each format that stands for the whole on standard output."""


def export(base: EvidenceBase, format: str) -> dict[str, str]:
    """Write the base in another format.

    Parameters
    ----------
    base : EvidenceBase
        The base.
    format : {"csv", "json", "ris", "bibtex"}
        CSV gives one long table each for studies, arms, results, contrasts, sources,
        disagreements, trials and every table of the base; JSON gives everything in one file; RIS
        and BibTeX give the bibliography of the studies.

    Returns
    -------
    dict of str to str
        Text of every file, by name.

    Raises
    ------
    EvidenceError
        When the format is not known.
    """
    if format == "csv":
        return _csv_files(base)
    if format == "json":
        return {"evidence.json": json.dumps(_everything(base), ensure_ascii=False, indent=1) + "\n"}
    if format == "ris":
        return {"studies.ris": "".join(_ris(s) for s in base.studies.values())}
    if format == "bibtex":
        return {"studies.bib": "\n".join(_bibtex(s) for s in base.studies.values())}
    raise EvidenceError(f"The format {format!r} is not known; use one of {', '.join(FORMATS)}.")


def _everything(base: EvidenceBase) -> dict[str, Any]:
    return {
        "digest": base.digest,
        "counts": base.counts(),
        "studies": [plain(s) for s in base.studies.values()],
        "trials": [plain(t) for t in base.trials.values()],
        "questions": [plain(q) for q in base.questions.values()],
        "appraisals": [plain(a) for a in base.appraisals.values()],
        "vocabulary": plain(base.vocabulary),
        "table_disagreements": plain(base.table_disagreements),
        "tables": {name: [plain(r) for r in base.table(name)] for name in TABLES},
    }


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, tuple | list):
        return "; ".join(_cell(v) for v in value)
    return str(value)


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(c)) for c in columns])
    return text.getvalue()


_STUDY = (
    "id title first_author year journal doi pmid registrations design layer condition substances "
    "approach country population n_randomized n_analysed age_mean female_percent comparator "
    "masking masking_text guess_assessed active_guess_correct control_guess_correct blinding_note "
    "serious withdrawals_due_to_ae adverse_events findings limits read url"
).split()
_ARM = (
    "record arm kind substance substance_text dose dose_low dose_high dose_text dose_unit "
    "dose_note route route_text doses doses_text schedule n note"
).split()
_OUTCOME = (
    "study outcome_index outcome construct instrument unit lower_is_better timepoint timepoint_days"
).split()
_RESULT = [
    *_OUTCOME,
    *(
        "arm arm_kind n people baseline_mean baseline_sd baseline_ci95_lower baseline_ci95_upper "
        "mean sd mean_ci95_lower mean_ci95_upper median iqr_lower iqr_upper change_mean change_sd "
        "change_ci95_lower change_ci95_upper change_median change_iqr_lower change_iqr_upper "
        "change_text events total percent outcome_note"
    ).split(),
]
_CONTRAST = [
    *_OUTCOME,
    *(
        "measure measure_text value ci95_lower ci95_upper iqr_lower iqr_upper p_operator p p_note "
        "i2_percent favours side significant outcome_note"
    ).split(),
]
_SOURCE = "record kind url supports detail via as_of note".split()
_DISAGREEMENT = "record field value source url used note".split()
_TRIAL = (
    "id title condition substances approach phase status status_seen enrollment start completion "
    "sponsor country design primary_outcomes results_posted linked_studies note url"
).split()


def _csv_files(base: EvidenceBase) -> dict[str, str]:
    records: list[Study | Trial] = [*base.studies.values(), *base.trials.values()]
    files = {
        "studies.csv": _table(_STUDY, (_study_row(s) for s in base.studies.values())),
        "arms.csv": _table(
            _ARM,
            (
                {
                    **dict(a),
                    "record": r.id,
                    "arm": a.id,
                    "kind": base.arm_kind(r, a),
                    "dose_low": a.dose_range[0] if a.dose_range else None,
                    "dose_high": a.dose_range[1] if a.dose_range else None,
                }
                for r in records
                for a in r.arms
            ),
        ),
        "results.csv": _table(
            _RESULT, (row for s in base.studies.values() for row in _result_rows(base, s))
        ),
        "contrasts.csv": _table(
            _CONTRAST, (row for s in base.studies.values() for row in _contrast_rows(base, s))
        ),
        "sources.csv": _table(
            _SOURCE,
            (
                {**dict(x), "record": r.id, "detail": [f"{d.part}: {d.what}" for d in x.detail]}
                for r in records
                for x in r.sources
            ),
        ),
        "disagreements.csv": _table(_DISAGREEMENT, _disagreement_rows(base)),
        "trials.csv": _table(_TRIAL, ({**dict(t), "url": t.url} for t in base.trials.values())),
    }
    for name, (_, model) in TABLES.items():
        files[f"{name}.csv"] = _table(
            model.columns(), (_row_cells(row) for row in base.table(name))
        )
    return files


def _row_cells(row: Row) -> dict[str, Any]:
    return row.model_dump(by_alias=True)


def _study_row(study: Study) -> dict[str, Any]:
    return {
        **dict(study),
        **dict(study.population),
        **dict(study.blinding),
        "layer": study.layer,
        "population": study.population.description,
        "blinding_note": study.blinding.note,
        "serious": study.adverse_events.serious,
        "withdrawals_due_to_ae": study.adverse_events.withdrawals_due_to_ae,
        "adverse_events": study.adverse_events.note,
        "url": study.url,
    }


def _ends(name: str, bounds: tuple[float, float] | None) -> dict[str, float | None]:
    low, high = bounds if bounds is not None else (None, None)
    return {f"{name}_lower": low, f"{name}_upper": high}


def _outcome_cells(study: Study, index: int) -> dict[str, Any]:
    outcome = study.outcomes[index]
    return {
        **dict(outcome),
        "study": study.id,
        "outcome_index": index,
        "outcome": outcome.name,
        "outcome_note": outcome.note,
    }


def _result_rows(base: EvidenceBase, study: Study) -> Iterable[dict[str, Any]]:
    for i, outcome in enumerate(study.outcomes):
        for result in outcome.results:
            arm = study.arm(result.arm)
            row = {
                **_outcome_cells(study, i),
                **dict(result),
                "arm_kind": base.arm_kind(study, arm) if arm else None,
            }
            for name in ("baseline_ci95", "mean_ci95", "iqr", "change_ci95", "change_iqr"):
                row |= _ends(name, getattr(result, name))
            yield row


def _contrast_rows(base: EvidenceBase, study: Study) -> Iterable[dict[str, Any]]:
    for i, outcome in enumerate(study.outcomes):
        contrast = outcome.contrast
        if contrast is None:
            continue
        p = contrast.p
        yield {
            **_outcome_cells(study, i),
            **dict(contrast),
            **_ends("ci95", contrast.ci95),
            **_ends("iqr", contrast.iqr),
            "p_operator": p.operator if p else None,
            "p": p.value if p else None,
            "p_note": p.note if p else None,
            "side": base.side(study, contrast),
        }


def _disagreement_rows(base: EvidenceBase) -> Iterable[dict[str, Any]]:
    records: list[Study | Trial] = [*base.studies.values(), *base.trials.values()]
    for record in records:
        for found in record.disagreements:
            for value in found.values:
                yield {
                    **dict(value),
                    "record": record.id,
                    "field": found.field,
                    "note": found.note,
                }
    for other in base.table_disagreements:
        for value in other.values:
            yield {
                **dict(value),
                "record": f"{other.table}/{other.row}",
                "field": other.field,
                "note": other.note,
            }


def _ris(study: Study) -> str:
    lines = [
        ("TY", "JOUR" if study.journal else "GEN"),
        ("ID", study.id),
        ("TI", study.title),
        ("AU", study.first_author),
        ("PY", study.year),
        ("JO", study.journal),
        ("DO", study.doi),
        ("AN", study.pmid),
        ("UR", study.url),
        *(("KW", s) for s in (study.condition, *study.substances, study.design)),
        ("N1", f"read: {study.read}"),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\n" for tag, value in lines if value is not None) + "\n"


# One pass, so that what a replacement writes is never replaced again.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


def tex(text: str) -> str:
    """Return text as TeX prints it.

    Parameters
    ----------
    text : str
        Plain text.

    Returns
    -------
    str
        With TeX's own characters escaped.
    """
    return text.translate(_TEX)


def _bibtex(study: Study) -> str:
    fields = [
        ("title", study.title.translate(_TEX)),
        (
            "author",
            f"{study.first_author} and others".translate(_TEX) if study.first_author else None,
        ),
        ("year", study.year),
        ("journal", study.journal.translate(_TEX) if study.journal else None),
        ("doi", study.doi),
        ("pmid", study.pmid),
        ("url", study.url),
    ]
    kind = "article" if study.journal else "misc"
    body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields if value is not None)
    return f"@{kind}{{{study.id},\n{body}}}\n"
