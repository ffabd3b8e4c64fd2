"""Break real files in every way people and programs do: nothing may load wrong, nothing may crash.

Each mutation here makes a record invalid, so the checker must refuse it, with a place and a reason.
The last test edits bytes blindly: there a changed digit may well be valid, but nothing may crash.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aponia.evidence import TABLES, EvidenceError, Problem, check, load
from aponia.evidence.codes import DoseUnit, OutcomeUnit
from aponia.evidence.textio import parse_csv

from .conftest import SHIPPED, build_small

# Records that stand on their own: put into the small base unbroken, none has a problem (tested
# first), so every problem found below is the work of the mutation.
FILES = sorted(
    p.relative_to(SHIPPED).as_posix()
    for p in SHIPPED.glob("[st]*/*.yaml")
    if p.parent.name == "studies" or "linked_studies: []" in p.read_text(encoding="utf-8")
)
OWN_TABLES = {name: table for name, table in TABLES.items() if not name.startswith("mechanism_")}
CSV_FILES = [file for file, _ in OWN_TABLES.values()]
QUICK = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SEEDS = st.integers(0, 2**32 - 1)
Path_ = tuple[str | int, ...]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("fuzz") / "evidence")


def read(file: str) -> str:
    return (SHIPPED / file).read_text(encoding="utf-8")


def judge(ground: Path, file: str, content: str | bytes) -> list[Problem]:
    """Check the small base with one file of the shipped base put in, broken, and put it back."""
    path = ground / file
    before = path.read_bytes() if path.exists() else None
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(data)
    try:
        return [p for p in check(ground) if p.file == file]
    finally:
        path.unlink() if before is None else path.write_bytes(before)


def must_refuse(ground: Path, file: str, content: str | bytes) -> None:
    problems = judge(ground, file, content)
    assert problems, f"{file} loaded although it is broken"
    assert all(p.found and p.expected and p.line >= 0 for p in problems)


def plainly(file: str) -> Any:
    return yaml.load(read(file), yaml.CSafeLoader)


def dump(record: Any) -> str:
    return yaml.safe_dump(record, sort_keys=False, allow_unicode=True)


def leaves(value: Any, path: Path_ = ()) -> list[tuple[Path_, Any]]:
    if isinstance(value, dict):
        return [x for k, v in value.items() for x in leaves(v, (*path, k))]
    if isinstance(value, list):
        return [x for i, v in enumerate(value) for x in leaves(v, (*path, i))]
    return [(path, value)]


def put(record: Any, path: Path_, value: Any) -> None:
    for part in path[:-1]:
        record = record[part]
    record[path[-1]] = value


def is_free(path: Path_) -> bool:
    # the two values of a disagreement may be of any kind
    return len(path) > 2 and path[0] == "disagreements" and path[-1] == "value"


def test_unbroken_files_have_no_problem(tmp_path: Path) -> None:
    root = build_small(tmp_path / "evidence")
    for file in [*FILES, *CSV_FILES]:
        (root / file).write_text(read(file), encoding="utf-8")
    assert len(FILES) > 190
    assert check(root) == []


def test_what_the_checker_refuses_does_not_load(tmp_path: Path) -> None:
    root = build_small(tmp_path / "evidence")
    (root / FILES[0]).write_text(read(FILES[0]).replace("design: ", "design: un", 1), "utf-8")
    with pytest.raises(EvidenceError) as caught:
        load(root)
    assert caught.value.problems == tuple(check(root))


# ---- structural mutations of a YAML record: each takes the record and a source of chance


def missing_key(record: Any, pick: random.Random) -> None:
    required = {
        "study": [
            ("id",), ("title",), ("first_author",), ("year",), ("doi",), ("pmid",), ("design",),
            ("condition",), ("substances",), ("arms",), ("outcomes",), ("sources",), ("read",),
            ("population",), ("population", "n_analysed"), ("blinding", "masking"),
            ("adverse_events", "serious"), ("sources", 0, "url"), ("sources", 0, "kind"),
        ],
        "trial": [
            ("id",), ("title",), ("status",), ("enrollment",), ("start",), ("arms",), ("sources",),
            ("results_posted",), ("linked_studies",), ("sources", 0, "url"),
        ],
    }["study" if "outcomes" in record else "trial"]  # fmt: skip
    paths: list[Path_] = list(required)
    paths += [("arms", i, k) for i, arm in enumerate(record["arms"]) for k in
              ("id", "substance", "dose", "dose_unit", "route", "n")]  # fmt: skip
    for i, outcome in enumerate(record.get("outcomes", [])):
        paths += [("outcomes", i, k) for k in ("name", "construct", "unit", "results", "contrast")]
        paths += [("outcomes", i, "results", j, "arm") for j in range(len(outcome["results"]))]
    path = pick.choice(paths)
    holder = record
    for part in path[:-1]:
        holder = holder[part]
    del holder[path[-1]]


def unknown_key(record: Any, pick: random.Random) -> None:
    holders = [record, record["sources"][0], *record["arms"], *record.get("outcomes", [])]
    pick.choice(holders)[pick.choice(["mena", "Mean", "n_total", "p", "extra"])] = 1


def wrong_type(record: Any, pick: random.Random) -> None:
    path, value = pick.choice([x for x in leaves(record) if not is_free(x[0])])
    wrong: list[Any] = [{"x": 1}, [1, [2]], [{"x": "y"}]]
    if isinstance(value, bool):
        wrong += [3, "maybe", 0.5]
    elif isinstance(value, int | float):
        wrong += ["12 or so", True, [value]]
    elif isinstance(value, str):
        wrong += [5, 0.5, True, [value], ""]
    put(record, path, pick.choice(wrong))


def not_a_number(record: Any, pick: random.Random) -> None:
    path, _ = pick.choice([x for x in leaves(record) if not isinstance(x[1], str)])
    put(record, path, pick.choice([float("nan"), float("inf"), float("-inf")]))


def huge_number(record: Any, pick: random.Random) -> None:
    numbers = [p for p, v in leaves(record) if isinstance(v, int | float) and v is not True]
    numbers = [p for p in numbers if not isinstance(_get(record, p), bool)]
    path = pick.choice(numbers or [("enrollment",)])
    put(record, path, pick.choice([10**12, -(10**12), 1e15, -1e300, 10**30]))


def _get(record: Any, path: Path_) -> Any:
    for part in path:
        record = record[part]
    return record


def wrong_unit(record: Any, pick: random.Random) -> None:
    paths: list[Path_] = [("arms", i, "dose_unit") for i in range(len(record["arms"]))]
    paths += [("outcomes", i, "unit") for i in range(len(record.get("outcomes", [])))]
    if not paths:
        record["arms"].append({"id": "new", "dose_unit": "stone"})
        return
    put(record, pick.choice(paths), pick.choice(["stone", "mgs", "MG", "points ", "milligram"]))


def broken_interval(record: Any, pick: random.Random) -> None:
    for outcome in record.get("outcomes", []):
        for result in outcome["results"]:
            result["change_mean"] = 1.0
            result["change_ci95"] = pick.choice([[2, 1], [5, 6], [1], [1, 2, 3], [None, 2], "1-2"])
            return
        outcome["contrast"] = {
            "measure": "MD", "value": 1.0, "ci95": [2, 3], "p": None, "favours": None,
            "significant": None,
        }  # fmt: skip
        return
    put(record, ("sources", 0, "supports"), ["arms", "arms"])


def impossible_counts(record: Any, pick: random.Random) -> None:
    for outcome in record.get("outcomes", []):
        for result in outcome["results"]:
            result |= {"events": pick.randint(11, 99), "total": 10}
            return
    record["arms"] = record["arms"] * 2 or [{"id": "x"}]


def wrong_word(record: Any, pick: random.Random) -> None:
    path = pick.choice([("condition",), ("approach",), ("substances", 0), ("sources", 0, "kind"),
                        ("design",) if "outcomes" in record else ("phase",)])  # fmt: skip
    put(record, path, pick.choice(["nonsense", "Cluster headache", "psylocybin", "RCT", "-"]))


def wrong_date_or_address(record: Any, pick: random.Random) -> None:
    if "outcomes" not in record and pick.random() < 0.5:
        put(record, (pick.choice(["start", "completion", "status_seen"]),),
            pick.choice(["2022-13", "2022-02-30", "soon", "22", "2022-1-1"]))  # fmt: skip
        return
    bad = ["doi.org/10.1/x", "https://", "http://dx.doi.org/10.1111/x", "https://a b.org/",
           "https://doi.org/abc", "javascript:alert(1)", "https://user:pw@x.org/", "https://x"]  # fmt: skip
    put(record, ("sources", 0, "url"), pick.choice(bad))


MUTATIONS = [
    missing_key, unknown_key, wrong_type, not_a_number, huge_number, wrong_unit, broken_interval,
    impossible_counts, wrong_word, wrong_date_or_address,
]  # fmt: skip


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda m: m.__name__)
@QUICK
@given(seed=SEEDS)
def test_broken_record_is_refused(
    ground: Path, mutate: Callable[[Any, random.Random], None], seed: int
) -> None:
    pick = random.Random(seed)
    file = pick.choice(FILES)
    record = plainly(file)
    mutate(record, pick)
    must_refuse(ground, file, dump(record))


# ---- mutations of the text


def _tab(text: str, pick: random.Random) -> str:
    at = pick.choice([i for i, c in enumerate(text) if c == " "])
    return text[:at] + "\t" + text[at + 1 :]


def _alias(text: str, pick: random.Random) -> str:
    lines = text.splitlines()
    at = pick.choice([i for i, line in enumerate(lines) if line.startswith("title:")])
    lines[at] = lines[at].replace("title: ", "title: &t ", 1)
    return "\n".join([*lines, "more: *t"]) + "\n"


def _bomb(text: str, pick: random.Random) -> str:
    names = "abcdefghi"
    bomb = "a: &a [lol, lol, lol]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise(names)
    )
    return bomb + text if pick.random() < 0.5 else text + bomb


def _repeated_key(text: str, pick: random.Random) -> str:
    lines = [line for line in text.splitlines() if line[:1].isalpha() and ": " in line]
    return text + pick.choice(lines) + "\n"


def _second_document(text: str, pick: random.Random) -> str:
    return text + "---\n" + text


def _tag(text: str, pick: random.Random) -> str:
    tag = pick.choice(["!!python/object/apply:os.system ['true']", "!!binary aGk=", "!x y"])
    return text.replace("\nread: ", "\nnote_: ", 1) + f"extra: {tag}\n"


def _deep(text: str, pick: random.Random) -> str:
    depth = pick.choice([20, 2000, 100_000])
    return text + "deep: " + "[" * depth + "]" * depth + "\n"


def _cut_short(text: str, pick: random.Random) -> str:
    # both kinds of record end with their sources, so a cut always loses some of what must be there
    return text[: text.index("\nsources:")] + "\n" if pick.random() < 0.5 else text[:30]


def _oversize(text: str, pick: random.Random) -> str:
    return text + "# " + "x" * 2_000_001 + "\n"


TEXT_MUTATIONS = [
    _tab, _alias, _bomb, _repeated_key, _second_document, _tag, _deep, _cut_short, _oversize,
]  # fmt: skip


@pytest.mark.parametrize("mutate", TEXT_MUTATIONS, ids=lambda m: m.__name__.strip("_"))
@settings(QUICK, max_examples=12)
@given(seed=SEEDS)
def test_broken_text_is_refused(
    ground: Path, mutate: Callable[[str, random.Random], str], seed: int
) -> None:
    pick = random.Random(seed)
    file = pick.choice(FILES)
    must_refuse(ground, file, mutate(read(file), pick))


@settings(QUICK, max_examples=20)
@given(seed=SEEDS, byte=st.sampled_from([0x80, 0xC3, 0xFF, 0xE9, 0x00, 0x07, 0x0C]))
def test_not_utf8_is_refused(ground: Path, seed: int, byte: int) -> None:
    pick = random.Random(seed)
    file = pick.choice([*FILES, *CSV_FILES, "questions.yaml", "vocabulary.yaml"])
    data = (SHIPPED / file).read_bytes()
    at = pick.choice([i for i, c in enumerate(data) if c in b" \n,"])
    must_refuse(ground, file, data[:at] + bytes([byte]) + b" " + data[at:])


@settings(QUICK, max_examples=20)
@given(seed=SEEDS)
def test_the_same_record_under_two_names_is_refused(ground: Path, seed: int) -> None:
    pick = random.Random(seed)
    file = pick.choice(FILES)
    folder = file.split("/", 1)[0]
    must_refuse(ground, f"{folder}/another-name.yaml", read(file))


@settings(QUICK, max_examples=40)
@given(seed=SEEDS)
def test_milligrams_for_micrograms_are_refused(ground: Path, seed: int) -> None:
    pick = random.Random(seed)
    swap = {"mg": "ug", "ug": "mg", "mg/kg": "ug/kg", "ug/kg": "mg/kg"}
    substances = {"psilocybin", "lsd", "ketamine", "esketamine", "bol-148"}
    file = pick.choice([f for f in FILES if "mouse" not in f and "rat-" not in f])
    record = plainly(file)
    if str(record["design"]).startswith("preclinical"):
        return
    arms = [
        a for a in record["arms"] if a["substance"] in substances and a["dose"] and a["dose_unit"] in swap
    ]  # fmt: skip
    if arms:
        arm = pick.choice(arms)
        arm["dose_unit"] = swap[arm["dose_unit"]]
        must_refuse(ground, file, dump(record))


# ---- tables


@settings(QUICK, max_examples=40)
@given(seed=SEEDS)
def test_broken_table_is_refused(ground: Path, seed: int) -> None:
    pick = random.Random(seed)
    file, model = pick.choice(list(OWN_TABLES.values()))
    header, rows = parse_csv(read(file))
    cells = [list(row) for _, row in rows]
    numbers = [i for i, column in enumerate(header) if _is_number(model, column)]
    kind = pick.choice(["number", "id", "column", "cells", "word"])
    row = pick.randrange(len(cells))
    if kind == "number" and numbers:
        cells[row][pick.choice(numbers)] = pick.choice(
            ["nan", "inf", "1e12", "-1e300", "about 3", "1,5", "0x10", "９", "--1", "1 2"]
        )
    elif kind == "id":
        cells[row][0] = cells[(row + 1) % len(cells)][0]
    elif kind == "column":
        header[pick.randrange(len(header))] = pick.choice(["", "x", header[0] + " "])
    elif kind == "cells":
        cells[row] = cells[row][:-1] if pick.random() < 0.5 else [*cells[row], "more"]
    else:
        cells[row][0] = pick.choice(["", "Two Words", "ü", "a--b", "x" * 200])
    lines = [header, *cells]
    text = "\n".join(",".join(f'"{c.replace(chr(34), chr(34) * 2)}"' for c in r) for r in lines)
    must_refuse(ground, file, text + "\n")


def _is_number(model: Any, column: str) -> bool:
    schema = model.model_json_schema()["properties"][column]
    return any(part.get("type") in ("number", "integer") for part in schema.get("anyOf", [schema]))


# ---- blind edits


@settings(QUICK, max_examples=100)
@given(
    seed=SEEDS,
    junk=st.binary(max_size=4) | st.text("\n\t:-{}[]&*!|>'\"%@`0123456789.e,#", max_size=3).map(str.encode),
)  # fmt: skip
def test_blind_edits_never_crash(ground: Path, seed: int, junk: bytes) -> None:
    pick = random.Random(seed)
    file = pick.choice([*FILES, *CSV_FILES, "questions.yaml", "disagreements.yaml"])
    data = (SHIPPED / file).read_bytes()
    at = pick.randrange(len(data))
    problems = judge(ground, file, data[:at] + junk + data[at + pick.randint(0, 3) :])
    assert all(p.found and p.expected for p in problems)


def test_units_are_closed_lists() -> None:
    assert "stone" not in [*DoseUnit.__args__, *OutcomeUnit.__args__]
