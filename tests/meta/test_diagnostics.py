"""Diagnostics agree with metafor on deletion, residuals, permutation, subsets and comparisons."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aponia import meta
from aponia.meta import diagnostics as dx

DATA = json.loads((Path(__file__).parent / "data" / "diagnostics.json").read_text("utf-8"))


def numbers(value: Any) -> np.ndarray:
    def one(x: Any) -> Any:
        if isinstance(x, list):
            return [one(i) for i in x]
        return np.nan if x is None else float(x)

    return np.array(one(value), dtype=float)


def fit(case: dict[str, Any], mods: Any = "as given") -> meta.PoolResult:
    columns = DATA["data"][case["data"]]
    used = case["mods"] if mods == "as given" else mods
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", meta.MetaWarning)
        return meta.pool(
            numbers(columns["yi"]),
            numbers(columns["vi"]),
            moderators=None if used is None else used.split("+"),
            data={
                n: np.array([np.nan if x is None else x for x in c], dtype=object)
                if any(isinstance(x, str) for x in c)
                else numbers(c)
                for n, c in columns.items()
            },
            method=case["method"],
            test=case["test"],
        )


def close(found: Any, expected: Any, *, rtol: float = 1e-7, atol: float = 0.0) -> None:
    want = numbers(expected)
    got = np.asarray(found, dtype=float).reshape(want.shape)
    known = ~np.isnan(want)
    # Small differences of large numbers carry the rounding of the large ones.
    size = np.abs(want[known]).max(initial=0.0)
    np.testing.assert_allclose(got[known], want[known], rtol=rtol, atol=atol + 1e-10 * size)


def cases(*functions: str) -> list[Any]:
    return [pytest.param(c, id=c["id"]) for c in DATA["cases"] if c["fn"] in functions]


def attributes(found: Any, expected: dict[str, Any], names: dict[str, str], **tolerance) -> None:
    checked = 0
    for theirs, ours in names.items():
        if theirs in expected:
            close(getattr(found, ours), expected[theirs], **tolerance)
            checked += 1
    assert checked


@pytest.mark.parametrize("case", cases("influence.rma.uni"))
def test_influence(case):
    found, expected = dx.influence(fit(case)), case["expect"]
    names = {
        "rstudent": "rstudent",
        "dffits": "dffits",
        "cook.d": "cook_d",
        "cov.r": "cov_r",
        "tau2.del": "tau2_del",
        "QE.del": "q_del",
        "hat": "hat",
        "weight": "weight",
    }
    attributes(found, expected["inf"], names)
    for j, column in enumerate(expected["dfbs"].values()):
        close(found.dfbs[:, j], column)
    flags = zip(found.is_infl, expected["is.infl"], strict=True)
    assert all(ours == theirs for ours, theirs in flags if theirs is not None)


RESIDUAL = {"resid": "resid", "se": "se", "z": "z"}
INTERVAL = {"pred": "pred", "se": "se", "pi.lb": "pi_lower", "pi.ub": "pi_upper"}
FITS = {
    "k": "k",
    "estimate": "coef",
    "se": "se",
    "zval": "z_or_t",
    "tval": "z_or_t",
    "pval": "p",
    "ci.lb": "ci_lower",
    "ci.ub": "ci_upper",
    "Q": "q",
    "Qp": "q_p",
    "tau2": "tau2",
    "I2": "i2",
    "H2": "h2",
}


@pytest.mark.parametrize("case", cases("rstandard", "rstudent", "blup", "ranef"))
def test_residuals_and_predictions(case):
    found = getattr(dx, case["fn"])(fit(case))
    attributes(found, case["expect"], RESIDUAL | INTERVAL)


@pytest.mark.parametrize("case", cases("residuals.rma", "hatvalues", "weights"))
def test_leverage_weights_and_scaled_residuals(case):
    result = fit(case)
    found = {
        "residuals.rma": lambda: dx.residuals(result, case["kind"]),
        "hatvalues": lambda: dx.hatvalues(result),
        "weights": lambda: dx.weights(result),
    }[case["fn"]]()
    close(found, case["expect"]["value"])


@pytest.mark.parametrize("case", cases("leave1out", "cumul"))
def test_leave_one_out_and_cumulative(case):
    result = fit(case)
    if case["fn"] == "leave1out":
        found = result.leave_one_out()
    else:
        found = result.cumulative(order=np.array(DATA["data"][case["data"]][case["order"]]))
    attributes(found, case["expect"], FITS, atol=1e-12)


@pytest.mark.parametrize("case", cases("baujat", "radial", "qqnorm.rma.uni"))
def test_coordinates(case):
    found = getattr(dx, case["fn"].split(".")[0])(fit(case))
    attributes(found, case["expect"], {"x": "x", "y": "y"})


@pytest.mark.parametrize("case", cases("vif", "fitstats", "profile.rma.uni", "hettest"))
def test_collinearity_criteria_profile_and_heteroscedasticity(case):
    result, expected = fit(case), case["expect"]
    if case["fn"] == "vif":
        attributes(dx.vif(result), expected, {"vifs": "vif", "sif": "sif"})
    elif case["fn"] == "fitstats":
        ((criterion, values),) = expected.items()
        s = result.fit_statistics[criterion]
        close([s.loglik, s.deviance, s.aic, s.bic, s.aicc], values)
        table = dx.fitstats(result, criterion=criterion)
        assert table.aicc[0] == s.aicc
    elif case["fn"] == "hettest":
        found = dx.hettest(result, case["kind"])
        names = {"statistic": "statistic", "pval": "p", "tau2i": "tau2"}
        attributes(found, expected, names, rtol=1e-5, atol=1e-6)
    else:
        found = result.profile(upper=expected["tau2"][-1], steps=len(expected["tau2"]))
        attributes(found, expected, {"tau2": "tau2", "ll": "loglik"})


@pytest.mark.parametrize("case", cases("anova.rma"))
def test_comparison_of_models_and_wald_tests(case):
    full, expected = fit(case), case["expect"]
    if case["lrt"]:
        reduced = fit(case, None)
        if "error" in case:
            with pytest.raises(meta.InputError, match="different studies"):
                dx.anova(full, reduced, refit=case["refit"])
            return
        found = dx.anova(full, reduced, refit=case["refit"])
        for side, fits in (("f", found.full), ("r", found.reduced)):
            row = [fits.loglik, fits.deviance, fits.aic, fits.bic, fits.aicc]
            close(row, expected[f"fit.stats.{side}"])
        close([found.lrt, found.p], [expected["LRT"][0], expected["pval"][0]], rtol=1e-6)
        close(found.r2, expected["R2"][0], rtol=1e-6)
    elif case["btt"] is not None:
        found = dx.anova(full, btt=case["btt"])
        close([found.qm, found.qm_p], [expected["QM"][0], expected["QMp"][0]], rtol=1e-6)
    else:
        p = len(full.names)
        found = dx.anova(full, L=[[1.0] + [0.0] * (p - 1), [1.0] * p])
        close([found.qm, found.qm_p], [expected["QM"][0], expected["QMp"][0]], rtol=1e-6)
        close(found.estimate, [row[0] for row in expected["Xb"]])
        close(found.p, expected["pval"])


@pytest.mark.parametrize("case", cases("permutest"))
def test_exact_permutation_p_values_are_exact_fractions(case):
    found = fit(case).permutation_test(exact=True)
    assert found.exact
    assert found.n_failed == 0
    np.testing.assert_allclose(found.p, numbers(case["expect"]["pval"]), rtol=1e-13)
    assert found.qm_p == pytest.approx(case["expect"]["QMp"], rel=1e-13)


@pytest.mark.parametrize("case", cases("gosh"))
def test_all_subsets(case):
    found = fit(case).gosh()
    assert found.complete
    assert len(found) == 255
    for theirs, ours in (("k", "k"), ("QE", "q"), ("tau2", "tau2"), ("estimate", "coef")):
        close(getattr(found, ours)[::7], case["expect"][theirs], atol=1e-8)
    close(found.i2[::7], case["expect"]["I2"], atol=1e-6)
