"""Render the specifications of ``tests/spec/*_spec.py`` as the statistical manual.

``python docs/build_manual.py`` writes ``docs/manual.md``. The specifications run as tests, so every
number in the manual is one that the library gives.

A chapter is one module: ``CHAPTER`` (its title), ``INTRO`` (one paragraph, optional) and ``SPECS``.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SPECS = ROOT / "tests" / "spec"
MANUAL = ROOT / "docs" / "manual.md"
#: The order of the chapters; one that is not named here comes at the end.
ORDER = (
    *("effect_sizes", "recovery", "pooling", "intervals", "small_k", "meta_regression", "batches"),
    *("counts", "multilevel", "robust", "network", "dose_response", "bayes", "diagnostics", "bias"),
    *("sequential", "swim"),
)
#: Tables with more rows are folded.
LONG = 14
WIDTH = 90

_HEAD = """# Statistical manual

Each section is a specification that runs as a test: a small table of studies goes in, the numbers
below come out. `table` is a data frame with the columns shown; everything else is a public name of
`aponia.meta`, and `np` is NumPy. Who comes from R finds the names in
[from metafor to aponia](from_metafor.md). This page is written by `python docs/build_manual.py`
from `tests/spec/*_spec.py`; do not edit it by hand.
"""


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"spec_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _chapters() -> list[ModuleType]:
    """Return the modules in the order of the manual."""
    paths = {path.stem.removesuffix("_spec"): path for path in sorted(SPECS.glob("*_spec.py"))}
    names = [name for name in ORDER if name in paths]
    return [_load(paths[name]) for name in [*names, *(n for n in paths if n not in ORDER)]]


def _anchor(title: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _cell(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, int | float) else str(value).replace("|", "\\|")


def _table(columns: dict[str, list[Any]]) -> list[str]:
    names = list(columns)
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += [
        "| " + " | ".join(_cell(value) for value in row) + " |"
        for row in zip(*columns.values(), strict=True)
    ]
    return lines


def _studies(one: dict[str, Any], shown: dict[str, str]) -> list[str]:
    """Return the table of studies, or a reference to the section that showed it first."""
    columns = one.get("table")
    if not columns:
        return []
    key = repr(columns)
    if key in shown:
        return [f"Studies: the table of [{shown[key]}](#{_anchor(shown[key])}).", ""]
    shown[key] = one["title"]
    rows = len(next(iter(columns.values())))
    if rows <= LONG:
        return [*_table(columns), ""]
    summary = f"<details><summary>The table: {rows} rows</summary>"
    return [summary, "", *_table(columns), "", "</details>", ""]


def _expected(expect: dict[str, Any]) -> list[str]:
    columns = {k: v if isinstance(v, list) else [v] for k, v in expect.items()}
    lengths = {len(values) for values in columns.values()}
    if len(lengths) == 1 and (lengths != {1} or len(columns) <= 8):
        return _table({f"`{name}`": values for name, values in columns.items()})
    return [
        f"- `{name}`: {', '.join(_cell(x) for x in values)}" for name, values in columns.items()
    ]


def _groups(code: str) -> list[tuple[int, int]]:
    """Return the bracketed groups that are not inside another one."""
    found, depth, start, quote = [], 0, 0, ""
    for i, character in enumerate(code):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            start = i if depth == 0 else start
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                found.append((start, i))
    return found


def _arguments(code: str) -> list[str]:
    """Split at the commas that are not inside brackets or quotes."""
    inside = _groups(code)
    pieces, last, quote = [], 0, ""
    for i, character in enumerate(code):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "," and not any(a < i < b for a, b in inside):
            pieces.append(code[last:i].strip())
            last = i + 1
    return [piece for piece in (*pieces, code[last:].strip()) if piece]


def _wrapped(code: str, indent: int = 0) -> str:
    """Break a long expression at the commas of its longest group, and so on inside."""
    groups = [(a, b) for a, b in _groups(code) if b > a + 1]
    if len(code) + indent <= WIDTH or not groups:
        return code
    start, end = max(groups, key=lambda group: group[1] - group[0])
    inner = " " * (indent + 4)
    lines = [
        f"{inner}{_wrapped(piece, indent + 4)},\n" for piece in _arguments(code[start + 1 : end])
    ]
    return f"{code[: start + 1]}\n{''.join(lines)}{' ' * indent}{code[end:]}"


def _section(one: dict[str, Any], shown: dict[str, str]) -> list[str]:
    lines = [f"### {one['title']}", "", one["text"], "", *_studies(one, shown)]
    lines += ["```python", _wrapped(one["call"]), "```", ""]
    if "error" in one:
        says = f": “{one['says']}”" if one.get("says") else ""
        verb = "Warns" if one["error"].endswith("Warning") else "Refused"
        lines += [f"{verb} with `{one['error']}`{says}.", ""]
    else:
        lines += [*_expected(one["expect"]), ""]
    return [*lines, f"Source: {one['source']}.", ""]


def _contents(chapters: list[ModuleType]) -> list[str]:
    def link(title: str) -> str:
        return f"[{title}](#{_anchor(title)})"

    lines = ["## Contents", ""]
    lines += [f"- {link(module.CHAPTER)} ({len(module.SPECS)})" for module in chapters]
    lines += ["", "<details><summary>All sections</summary>", ""]
    for module in chapters:
        lines += [f"- {module.CHAPTER}", *(f"  - {link(one['title'])}" for one in module.SPECS)]
    return [*lines, "", "</details>", ""]


def render() -> str:
    """Return the manual as Markdown."""
    chapters = _chapters()
    titles = [one["title"] for module in chapters for one in module.SPECS]
    titles += [module.CHAPTER for module in chapters]
    twice = {title for title in titles if titles.count(title) > 1}
    assert not twice, f"titles must be unique, they are anchors: {twice}"
    lines = [_HEAD, *_contents(chapters)]
    for module in chapters:
        shown: dict[str, str] = {}
        lines += [f"## {module.CHAPTER}", ""]
        lines += [module.INTRO, ""] if hasattr(module, "INTRO") else []
        for one in module.SPECS:
            lines += _section(one, shown)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    MANUAL.write_text(render(), encoding="utf-8")
