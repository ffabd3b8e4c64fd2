"""Render the specifications of ``tests/spec/*_spec.py`` as the statistical manual.

``python docs/build_manual.py`` writes ``docs/manual.md``. The specifications run as tests, so every
number in the manual is one that the library gives.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SPECS = ROOT / "tests" / "spec"
MANUAL = ROOT / "docs" / "manual.md"

_HEAD = """# Statistical manual

Each section is a specification that runs as a test: a small table of studies goes in, the numbers
below come out. `table` is a data frame with the columns shown. This page is written by
`python docs/build_manual.py` from `tests/spec/*_spec.py`; do not edit it by hand.
"""


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"spec_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def _expected(expect: dict[str, Any]) -> list[str]:
    columns = {k: v if isinstance(v, list) else [v] for k, v in expect.items()}
    longest = max(len(values) for values in columns.values())
    if all(len(values) == longest for values in columns.values()):
        return _table(columns)
    return [
        f"- `{name}`: {', '.join(_cell(x) for x in values)}" for name, values in columns.items()
    ]


def _wrapped(call: str) -> str:
    """Break a long call at the commas between its arguments."""
    if len(call) <= 90:
        return call
    head, _, rest = call.partition("(")
    pieces, depth, current, quote = [], 0, "", ""
    for character in rest[: rest.rfind(")")]:
        quote = "" if character == quote else (quote or (character if character in "\"'" else ""))
        if not quote:
            depth += (character in "([{") - (character in ")]}")
            if character == "," and depth == 0:
                pieces.append(current.strip())
                current = ""
                continue
        current += character
    pieces.append(current.strip())
    tail = rest[rest.rfind(")") :]
    return f"{head}(\n" + "".join(f"    {piece},\n" for piece in pieces if piece) + tail


def _section(one: dict[str, Any]) -> list[str]:
    lines = [f"### {one['title']}", "", one["text"], ""]
    if one.get("table"):
        lines += [*_table(one["table"]), ""]
    lines += ["```python", _wrapped(one["call"]), "```", ""]
    if "error" in one:
        says = f": “{one['says']}”" if one.get("says") else ""
        lines += [f"Refused with `{one['error']}`{says}.", ""]
    else:
        lines += [*_expected(one["expect"]), ""]
    return [*lines, f"Source: {one['source']}.", ""]


def render() -> str:
    """Return the manual as Markdown."""
    lines = [_HEAD]
    for path in sorted(SPECS.glob("*_spec.py")):
        module = _load(path)
        lines += [f"## {module.CHAPTER}", ""]
        for one in module.SPECS:
            lines += _section(one)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    MANUAL.write_text(render(), encoding="utf-8")
