"""Load and check a whole base: files to models, then the rules that span records."""

from __future__ import annotations

import hashlib
import importlib.resources
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel

from aponia.evidence.base import TABLES, EvidenceBase
from aponia.evidence.common import Release, TableDisagreement
from aponia.evidence.links import base_problems
from aponia.evidence.problems import EvidenceError, Problem
from aponia.evidence.question import Appraisal, Question
from aponia.evidence.rules import study_faults, trial_faults
from aponia.evidence.study import Study
from aponia.evidence.tables import Row
from aponia.evidence.textio import Marks, TextError, parse_csv, parse_yaml, read_text, show
from aponia.evidence.trial import Trial
from aponia.evidence.validation import cell_reader, line_of, validate, validate_row
from aponia.evidence.vocabulary import Vocabulary

__all__ = ["check", "default_path", "load"]

M = TypeVar("M", bound=BaseModel)

# Files a base may hold beside its records.
_OTHER_FILES = {"README.md", "LICENSE"}
_MAX_FILES = 20_000
_RELEASE_FILE = re.compile(r"(\d{1,9}\.\d{1,9}\.\d{1,9})\.json\.gz")


def default_path() -> Path:
    """Find the base to read when none is named.

    Returns
    -------
    Path
        ``APONIA_EVIDENCE`` when set, else the base inside the installed package, else the
        ``evidence`` directory of the checkout the package runs from.

    Raises
    ------
    EvidenceError
        When there is none.
    """
    named = os.environ.get("APONIA_EVIDENCE")
    if named:
        return Path(named)
    packaged = Path(str(importlib.resources.files("aponia"))) / "_evidence"
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parents[3] / "evidence"
    if checkout.is_dir():
        return checkout
    raise EvidenceError(
        "No evidence base found: set APONIA_EVIDENCE to the directory that holds studies/ and "
        "vocabulary.yaml."
    )


def load(path: str | os.PathLike[str] | None = None) -> EvidenceBase:
    """Load an evidence base.

    Parameters
    ----------
    path : path, optional
        Directory of the base; `default_path` when left out.

    Returns
    -------
    EvidenceBase
        The whole base, checked.

    Raises
    ------
    EvidenceError
        When there is no base there, or anything in it is wrong; carries every problem.
    """
    base, problems = _read(Path(path) if path is not None else default_path())
    if base is None or problems:
        first = f"; first: {problems[0]}" if problems else ""
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        raise EvidenceError(f"The evidence base has {count}{first}", problems)
    return base


def check(path: str | os.PathLike[str] | None = None) -> list[Problem]:
    """Find everything that is wrong with an evidence base.

    Parameters
    ----------
    path : path, optional
        Directory of the base; `default_path` when left out.

    Returns
    -------
    list of Problem
        In order of file and line; empty when the base is sound.

    Raises
    ------
    EvidenceError
        When there is no directory there.
    """
    return _read(Path(path) if path is not None else default_path())[1]


class _Reader:
    """Reads the files of one base and gathers what is wrong with them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.digest = hashlib.sha256()
        self.files: dict[str, int] = {}

    def text(self, name: str) -> str | None:
        try:
            text = read_text(self.root / name)
        except TextError as fault:
            self.problems.append(fault.problem(name))
            return None
        self.files[name] = len(text)
        self.digest.update(f"{name}\0{len(text)}\0".encode())
        self.digest.update(text.encode())
        return text

    def yaml(self, name: str) -> tuple[Any, Marks] | None:
        text = self.text(name)
        if text is None:
            return None
        marks: Marks = {}
        try:
            return parse_yaml(text, marks), marks
        except TextError as fault:
            self.problems.append(fault.problem(name))
            return None

    def names(self, folder: str) -> list[str]:
        place = self.root / folder
        if not place.is_dir():
            return []
        names: list[str] = []
        for entry in sorted(place.iterdir()):
            name = f"{folder}/{entry.name}"
            if entry.suffix == ".yaml" and entry.is_file():
                names.append(name)
            elif not entry.name.startswith("."):
                self.problems.append(Problem(name, 0, "", entry.name, "files NAME.yaml only"))
        if len(names) > _MAX_FILES:
            self.problems.append(
                Problem(folder, 0, "", f"{len(names)} files", f"at most {_MAX_FILES}")
            )
            return []
        return names

    def records(self, folder: str, model: type[M]) -> dict[str, tuple[M, Marks, str]]:
        found: dict[str, tuple[M, Marks, str]] = {}
        for name in self.names(folder):
            parsed = self.yaml(name)
            if parsed is None:
                continue
            raw, marks = parsed
            record, problems = validate(model, raw, name, marks)
            self.problems += problems
            stem = name.rsplit("/", 1)[1][:-5]
            given = raw.get("id") if isinstance(raw, dict) else None
            if isinstance(given, str) and given != stem:
                self.problems.append(
                    Problem(
                        name, line_of(("id",), marks), "id", repr(given), f"the file name, {stem}"
                    )
                )
            elif record is not None:
                found[stem] = (record, marks, name)
        return found

    def listed(self, name: str, model: type[M]) -> list[tuple[M, Marks, int]]:
        parsed = self.yaml(name)
        if parsed is None:
            return []
        raw, marks = parsed
        if not isinstance(raw, tuple):
            self.problems.append(Problem(name, 1, "", type(raw).__name__, "a list of records"))
            return []
        found = []
        for i, item in enumerate(raw):
            record, problems = validate(model, item, name, marks, (i,))
            self.problems += problems
            if record is not None:
                found.append((record, marks, i))
        return found

    def table(
        self, name: str, file: str, model: type[Row]
    ) -> tuple[tuple[Row, ...], dict[str, int]]:
        text = self.text(file)
        if text is None:
            return (), {}
        try:
            header, lines = parse_csv(text)
        except TextError as fault:
            self.problems.append(fault.problem(file))
            return (), {}
        columns = model.columns()
        if tuple(header) != columns:
            missing = [c for c in columns if c not in header]
            extra = [c for c in header if c not in columns]
            listed = f"missing {', '.join(missing) or 'none'}; unknown {', '.join(extra) or 'none'}"
            found = (
                listed
                if missing or extra or len(set(header)) != len(header)
                else "the columns in another order"
            )
            self.problems.append(Problem(file, 1, "", found, f"the columns {', '.join(columns)}"))
            return (), {}
        readers = {f.alias or n: cell_reader(f.annotation) for n, f in model.model_fields.items()}
        rows: list[Row] = []
        places: dict[str, int] = {}
        for line, cells in lines:
            if len(cells) != len(columns):
                self.problems.append(
                    Problem(file, line, "", f"{len(cells)} cells", f"{len(columns)} cells")
                )
                continue
            named = dict(zip(columns, cells, strict=True))
            row, problems = validate_row(model, readers, named, file, line)
            self.problems += problems
            if named["id"] in places:
                first = places[named["id"]]
                self.problems.append(
                    Problem(file, line, "id", repr(named["id"]), f"an id not used in line {first}")
                )
                continue
            # A row that failed still exists for what points to it.
            places[named["id"]] = line
            if row is not None:
                rows.append(row)
        return tuple(rows), places


def _read(root: Path) -> tuple[EvidenceBase | None, list[Problem]]:
    if not root.is_dir():
        raise EvidenceError(f"No evidence base at {root}: it is not a directory.")
    if not (root / "studies").is_dir():
        raise EvidenceError(f"No evidence base at {root}: it has no directory studies.")
    reader = _Reader(root)
    _known_names(reader)
    vocabulary = _vocabulary(reader)
    tables: dict[str, Any] = {}
    lines: dict[str, dict[str, int]] = {}
    for name, (file, model) in TABLES.items():
        tables[name], lines[name] = reader.table(name, file, model)
    studies = reader.records("studies", Study)
    trials = reader.records("trials", Trial)
    if vocabulary is not None:
        for record, marks, file in studies.values():
            for path, found, expected in study_faults(record, vocabulary):
                reader.problems.append(
                    Problem(file, line_of(path, marks), show(path), found, expected)
                )
        for trial, marks, file in trials.values():
            for path, found, expected in trial_faults(trial, vocabulary):
                reader.problems.append(
                    Problem(file, line_of(path, marks), show(path), found, expected)
                )
    questions = _unique(reader, "questions.yaml", Question)
    appraisals = reader.records("appraisals", Appraisal)
    disagreements = reader.listed("disagreements.yaml", TableDisagreement)
    release = _release(reader)
    releases = _releases(reader)
    base = EvidenceBase(
        path=root,
        digest=reader.digest.hexdigest(),
        studies=MappingProxyType({k: v[0] for k, v in studies.items()}),
        trials=MappingProxyType({k: v[0] for k, v in trials.items()}),
        vocabulary=vocabulary or _EMPTY,
        questions=MappingProxyType({k: v[0] for k, v in questions.items()}),
        appraisals=MappingProxyType({k: v[0] for k, v in appraisals.items()}),
        table_disagreements=tuple(d for d, _, _ in disagreements),
        files=MappingProxyType(reader.files),
        release=release,
        releases=MappingProxyType(releases),
        **tables,
    )
    if vocabulary is not None:
        where: dict[tuple[str, str], tuple[str, Marks, tuple[str | int, ...]]] = {
            **{("studies", k): (v[2], v[1], ()) for k, v in studies.items()},
            **{("trials", k): (v[2], v[1], ()) for k, v in trials.items()},
            **{("appraisals", k): (v[2], v[1], ()) for k, v in appraisals.items()},
            **{("questions", k): ("questions.yaml", v[1], (v[2],)) for k, v in questions.items()},
            **{
                ("disagreements", str(i)): ("disagreements.yaml", marks, (at,))
                for i, (_, marks, at) in enumerate(disagreements)
            },
        }
        reader.problems += base_problems(base, where, lines)
    # A record that failed is missing from the maps; what points to it is not a fault of its own.
    return base, sorted(set(reader.problems))


_EMPTY = Vocabulary(conditions=(), substances=(), approaches=(), constructs=(), instruments=())


def _release(reader: _Reader) -> Release | None:
    if not (reader.root / "release.yaml").is_file():
        return None
    parsed = reader.yaml("release.yaml")
    if parsed is None:
        return None
    release, problems = validate(Release, parsed[0], "release.yaml", parsed[1])
    reader.problems += problems
    return release


def _releases(reader: _Reader) -> dict[str, bytes]:
    """Read the snapshots of past versions as they are; `aponia.answers` knows what they hold."""
    place = reader.root / "releases"
    found: dict[str, bytes] = {}
    if not place.is_dir():
        return found
    for entry in sorted(place.iterdir()):
        name = f"releases/{entry.name}"
        if entry.name.startswith("."):
            continue
        version = _RELEASE_FILE.fullmatch(entry.name)
        if version is None or not entry.is_file():
            expected = "files VERSION.json.gz only, such as 1.2.0.json.gz"
            reader.problems.append(Problem(name, 0, "", entry.name, expected))
            continue
        data = entry.read_bytes()
        if data[:2] != b"\x1f\x8b":
            expected = "gzipped JSON made by `aponia evidence snapshot`"
            reader.problems.append(Problem(name, 0, "", "other content", expected))
            continue
        reader.files[name] = len(data)
        reader.digest.update(f"{name}\0{len(data)}\0".encode())
        reader.digest.update(data)
        found[version[1]] = data
    return dict(sorted(found.items(), key=lambda item: [int(n) for n in item[0].split(".")]))


def _vocabulary(reader: _Reader) -> Vocabulary | None:
    parsed = reader.yaml("vocabulary.yaml")
    if parsed is None:
        return None
    vocabulary, problems = validate(Vocabulary, parsed[0], "vocabulary.yaml", parsed[1])
    reader.problems += problems
    if vocabulary is None:
        return None
    for kind in type(vocabulary).model_fields:
        ids: set[str] = set()
        terms = getattr(vocabulary, kind)
        known = {t.id for t in terms}
        for i, term in enumerate(terms):
            if term.id in ids:
                path: tuple[str | int, ...] = (kind, i, "id")
                reader.problems.append(
                    Problem(
                        "vocabulary.yaml",
                        line_of(path, parsed[1]),
                        show(path),
                        repr(term.id),
                        "an id used once",
                    )
                )
            ids.add(term.id)
            if term.parent is not None and (term.parent not in known or term.parent == term.id):
                path = (kind, i, "parent")
                reader.problems.append(
                    Problem(
                        "vocabulary.yaml",
                        line_of(path, parsed[1]),
                        show(path),
                        repr(term.parent),
                        "the id of another term of the same kind",
                    )
                )
    return vocabulary


def _unique(
    reader: _Reader, name: str, model: type[Question]
) -> Mapping[str, tuple[Question, Marks, int]]:
    found: dict[str, tuple[Question, Marks, int]] = {}
    for record, marks, at in reader.listed(name, model):
        if record.id in found:
            path = (at, "id")
            reader.problems.append(
                Problem(name, line_of(path, marks), show(path), repr(record.id), "an id used once")
            )
            continue
        found[record.id] = (record, marks, at)
    return found


def _known_names(reader: _Reader) -> None:
    """Report unknown files: a misspelt name would make its content vanish without a word."""
    allowed = {file for file, _ in TABLES.values()} | {
        "vocabulary.yaml",
        "questions.yaml",
        "disagreements.yaml",
        "release.yaml",
        *_OTHER_FILES,
    }
    folders = {"studies", "trials", "appraisals", "releases", "pharmacology", "safety"}
    for folder in ("", "pharmacology", "safety"):
        place = reader.root / folder
        if not place.is_dir():
            continue
        for entry in sorted(place.iterdir()):
            name = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith(".") or name in allowed or name in folders:
                continue
            reader.problems.append(Problem(name, 0, "", "a file of this name", "a known file"))
