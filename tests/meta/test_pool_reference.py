"""`pool` against results of metafor 5.1-12 on published and awkward data.

The numbers are metafor's own with tightened tolerances. Closed forms must agree to 1e-8; iterative
estimates are compared where metafor's own iteration has converged to rounding.
"""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aponia import meta

CASES = json.loads((Path(__file__).parent / "data" / "pool_reference.json").read_text())
CI_TYPES = {"qp": "QP", "pl": "PL", "ht": "HT", "wald": "Wald"} | {
    f"wald.{scale}": f"Wald.{scale}" for scale in ("log", "sqrt")
}
OPTIONS = ("method", "test", "moderators", "level", "tau2", "btt", "scale", "link")


def numbers(values: Any) -> np.ndarray:
    """R's nulls and infinities as floats."""
    return np.atleast_1d(
        np.array([math.nan if x is None else float(x) for x in np.atleast_1d(values)])
    )


def table(name: str) -> pd.DataFrame:
    columns = {}
    for column, values in CASES["data"][name].items():
        values = values if isinstance(values, list) else [values]
        text = any(isinstance(x, str) and x not in ("Inf", "-Inf") for x in values)
        columns[column] = pd.Series(values, dtype=object) if text else numbers(values)
    return pd.DataFrame(columns)


def fit(case: dict[str, Any]) -> meta.PoolResult:
    data = table(case["data"])
    options = {name: case[name] for name in OPTIONS if name in case}
    if "weights" in case:
        options["weights"] = 1 / data.vi if case["weights"] == "1/vi" else case["weights"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", meta.MetaWarning)
        return meta.pool("yi", "vi", data=data, **options)


def close(found: Any, expected: Any, *, rtol: float = 2e-8, atol: float = 1e-11) -> None:
    np.testing.assert_allclose(
        np.ravel(np.asarray(found, dtype=float)), numbers(np.ravel(expected)), rtol=rtol, atol=atol
    )


@pytest.mark.parametrize("case", CASES["fits"], ids=lambda c: c["id"])
def test_fit_agrees_with_metafor(case: dict[str, Any]) -> None:
    result, expected = fit(case), case["expect"]
    effect = 1e-11 * np.abs(result.y).max()
    close(result.coef, expected["beta"], atol=effect)
    close(result.se, expected["se"], atol=effect)
    close(result.p, expected["pval"], rtol=1e-6, atol=1e-300)
    close(result.ci_upper, expected["ci.ub"], atol=effect)
    close(result.tau2, expected["tau2"], atol=1e-11 * result.v.max())
    for name, attribute in (
        ("se.tau2", "tau2_se"),
        ("I2", "i2"),
        ("H2", "h2"),
        ("R2", "r2"),
        ("QE", "q"),
        ("QEp", "q_p"),
        ("QM", "qm"),
    ):
        if name in expected:
            close(getattr(result, attribute), expected[name], rtol=5e-8, atol=1e-9)
    ml, reml = (result.fit_statistics[name] for name in ("ML", "REML"))
    close([ml.loglik, ml.aicc], expected["fit"][0], rtol=1e-7, atol=1e-9)
    if math.isfinite(numbers(expected["fit"][1])[1]):
        close([reml.loglik, reml.bic], expected["fit"][1], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("case", CASES["intervals"], ids=lambda c: c["id"])
def test_heterogeneity_interval_agrees_with_metafor(case: dict[str, Any]) -> None:
    result = fit(case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", meta.MetaWarning)
        interval = result.heterogeneity_ci(CI_TYPES[case["type"]])
    for side in ("lower", "upper"):
        found = [getattr(interval, f"{name}_{side}") for name in ("tau2", "tau", "i2", "h2")]
        close(found, case[side], rtol=1e-7, atol=1e-6 * math.sqrt(result.v.min()))


@pytest.mark.parametrize("case", CASES["predictions"], ids=lambda c: c["id"])
def test_prediction_agrees_with_metafor(case: dict[str, Any]) -> None:
    new = None if case["new"] is None else np.array(case["new"])
    found = fit(case).predict(new, interval=case["interval"], level=case["at"])
    for name, attribute in (
        ("pred", "mean"),
        ("se", "se"),
        ("ci.lb", "ci_lower"),
        ("ci.ub", "ci_upper"),
        ("pi.lb", "pi_lower"),
        ("pi.ub", "pi_upper"),
    ):
        if name in case["expect"]:
            close(getattr(found, attribute), case["expect"][name])
        else:  # a model without a random effect has no prediction interval
            assert np.isnan(getattr(found, attribute)).all()


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda c: c["id"])
def test_what_metafor_refuses_is_a_named_error(case: dict[str, Any]) -> None:
    with pytest.raises(meta.MetaError, match=r".{20}"):
        fit(case)


@pytest.mark.parametrize("case", CASES["location_scale"], ids=lambda c: c["id"])
def test_location_scale_agrees_with_metafor(case: dict[str, Any]) -> None:
    result, expected = fit(case), case["expect"]
    assert result.scale is not None
    # metafor's standard errors of the scale part come from a numerical Hessian.
    loose = max(case["rtol"] * 20, 1e-5)
    close(result.coef, expected["beta"], rtol=loose)
    close(result.se, expected["se"], rtol=loose)
    close(result.scale.coef, expected["alpha"], rtol=loose)
    close(result.scale.se, expected["se.alpha"], rtol=loose)
    close(result.scale.p, expected["pval.alpha"], rtol=loose)
    close(result.scale.qs_p, expected["QSp"], rtol=loose)
    for name, values in zip(("ML", "REML"), case["fit"], strict=True):
        found = result.fit_statistics[name]
        close([found.loglik, found.deviance, found.aic, found.bic, found.aicc], values, rtol=1e-8)
