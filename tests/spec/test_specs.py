"""Run every specification in ``*_spec.py`` as a test.

How to write one
----------------
A ``tests/spec/<subject>_spec.py`` holds ``CHAPTER`` (a title) and ``SPECS``, a list of dicts::

    {
        "title": "Fisher's z of a correlation",         # what holds
        "text": "artanh(r), with variance 1/(n - 3).",  # one paragraph for the manual
        "table": {"r": [0.5], "n": [28]},               # the studies: column -> values; optional
        "call": 'effect_sizes("ZCOR", r="r", n="n", data=table)',
        "expect": {"y": [0.54930614], "v": [0.04]},     # attribute of the result -> values
        "source": "by hand",                            # where the numbers come from
    }

* ``call`` is one expression. It sees ``table`` (a pandas frame), ``np``, and everything public in
  `aponia.meta` (``effect_sizes``, ``pool``, ``bias`` …).
* ``expect`` compares attributes (``"tau2"``, also dotted or indexed: ``"predict().pi_lower"``,
  ``"coef[0]"``) with numbers, text, booleans, or lists of them. None stands for a missing number.
  Numbers must agree to the eight significant digits that are written down (relative 5e-8, absolute
  5e-9); set ``"rtol"`` for results with fewer digits.
* Instead of ``expect``, ``"error": "InputError"`` says that the call is refused, and ``"says"``
  may give words of the message.

``python docs/build_manual.py`` renders all of them as ``docs/manual.md``.
"""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aponia import meta

HERE = Path(__file__).parent
KEYS = {"title", "text", "table", "call", "expect", "error", "says", "source", "rtol"}


def load(path: Path) -> ModuleType:
    """Import one spec module from its file."""
    spec = importlib.util.spec_from_file_location(f"spec_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def all_specs() -> list[Any]:
    """Return every specification as a test parameter."""
    return [
        pytest.param(one, id=f"{path.stem.removesuffix('_spec')}: {one['title']}")
        for path in sorted(HERE.glob("*_spec.py"))
        for one in load(path).SPECS
    ]


class Names(dict):
    """The names a call sees: public names of `aponia.meta` are looked up when used."""

    def __missing__(self, name: str) -> Any:
        if name in meta.__all__:
            return getattr(meta, name)
        raise KeyError(name)


def evaluate(one: dict[str, Any]) -> Any:
    """Return the result of the call of one specification."""
    names = Names(table=pd.DataFrame(one.get("table", {})), np=np)
    return eval(one["call"], {"__builtins__": {}}, names)


def attribute(result: Any, path: str) -> Any:
    """Return ``result.<path>``; an expression on mappings starts with ``[``."""
    dot = "" if path.startswith("[") else "."
    return eval(f"result{dot}{path}", {"__builtins__": {}}, {"result": result})


def assert_same(found: Any, expected: Any, where: str, rtol: float) -> None:
    """Compare numbers with a tolerance, anything else exactly."""
    wanted = expected if isinstance(expected, list) else [expected]
    got = list(found) if isinstance(expected, list) else [found]
    assert len(got) == len(wanted), f"{where}: {got} has not {len(wanted)} values"
    for one, other in zip(got, wanted, strict=True):
        if other is None:
            assert one is None or np.isnan(one), f"{where}: found {one}, expected it missing"
        elif isinstance(other, str | bool):
            assert one == other, f"{where}: found {one!r}, expected {other!r}"
        else:
            assert float(one) == pytest.approx(other, rel=rtol, abs=5e-9), where


@pytest.mark.parametrize("one", all_specs())
def test_spec(one):
    """The call gives the numbers of the manual."""
    assert set(one) <= KEYS, f"unknown keys {set(one) - KEYS}"
    assert one["text"]
    assert one["source"]
    if "error" in one:
        with pytest.raises(getattr(meta, one["error"]), match=one.get("says")):
            evaluate(one)
        return
    assert one["expect"], "a specification expects something"
    result = evaluate(one)
    for path, expected in one["expect"].items():
        assert_same(attribute(result, path), expected, path, one.get("rtol", 5e-8))


def test_manual_is_up_to_date():
    """docs/manual.md is what docs/build_manual.py writes from the specifications."""
    root = HERE.parents[1]
    builder = load(root / "docs" / "build_manual.py")
    assert (root / "docs" / "manual.md").read_text(encoding="utf-8") == builder.render(), (
        "run python docs/build_manual.py"
    )
