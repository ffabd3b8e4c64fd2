"""Every call on the right-hand side of docs/from_metafor.md runs and answers."""

import inspect
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from aponia import meta

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "from_metafor.md").read_text("utf-8")


def rows():
    """Return (what one writes in R, the call in Python) of every row of every table."""
    found = []
    for line in PAGE.splitlines():
        if line.startswith("| ") and not line.startswith("| ---"):
            left, right = (c.strip() for c in re.split(r"(?<!\\)\|", line)[1:3])
            if right.startswith("`"):
                found.append((left, right.strip("`").replace("\\|", "|")))
    return found


@cache
def objects():
    """Run the block at the top of the page and return what it defines."""
    names = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1), names)
    return names


def call(code):
    """Evaluate a call of the page."""
    return eval(code, dict(objects()))


@pytest.mark.parametrize("code", [right for _, right in rows()])
def test_the_call_answers(code):
    assert call(code) is not None


def test_calls_that_say_the_same_give_the_same():
    long, short = (call(right) for left, right in rows()[:2])
    assert rows()[1][0] == "the same"
    np.testing.assert_array_equal(long.y, short.y)
    plain = call('pool("yi", "vi", data=dat)')
    by_se = call('pool("yi", se=np.sqrt(dat["vi"]), data=dat)')
    np.testing.assert_allclose(by_se.coef, plain.coef, rtol=1e-12)
    batch = call('pool_many(np.tile(dat["yi"], (3, 1)), np.tile(dat["vi"], (3, 1)))')
    np.testing.assert_allclose(batch.coef, np.repeat(plain.coef, 3), rtol=1e-9)


def test_the_numbers_are_metafors():
    # rma(yi, vi) and rma(yi, vi, test="knha") of metafor 5.1-12, iterated to convergence
    assert call("res.coef[0]") == pytest.approx(0.2222425498, rel=1e-8)
    assert call("res.tau2") == pytest.approx(0.01544236169, rel=1e-8)
    robust = call('pool("yi", "vi", test="knha", data=dat)')
    assert robust.se[0] == pytest.approx(0.08429387665, rel=1e-8)


def test_every_public_function_is_on_the_page():
    functions = [n for n in meta.__all__ if inspect.isfunction(getattr(meta, n))]
    functions += [
        f"bias.{n}" for n in meta.bias.__all__ if inspect.isfunction(getattr(meta.bias, n))
    ]
    calls = " ".join(right for _, right in rows())
    assert [n for n in functions if f"{n}(" not in calls] == []
