"""Tables are read without guessing: decimals, delimiters, columns, RevMan, several effects a study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aponia import meta
from aponia.meta import tables
from aponia.meta.tables import read_table

DATA = Path(__file__).parent / "data"


def table(tmp_path, text, **options):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path, **options)


@pytest.mark.parametrize(
    "text",
    ["y,v\n0.1,0.2\n0.3,0.4\n", "y;v\n0,1;0,2\n0,3;0,4\n", "y\tv\n0.1\t0.2\n0.3\t0.4\n"],
)
def test_delimiter_and_decimal_comma_are_found_and_told(tmp_path, text):
    found = table(tmp_path, text)
    effects = tables.plain_effects(found)
    assert effects.y.tolist() == [0.1, 0.3]
    assert effects.v.tolist() == [0.2, 0.4]
    assert bool(found.said) == (";" in text)


def test_quoted_cells_blank_lines_and_missing_values(tmp_path):
    found = table(tmp_path, 'y,v,name\n"1.5","2","A, et al"\n\nNA,,B\n')
    assert found.texts("name") == ["A, et al", "B"]
    assert found.lines == [2, 4]
    assert np.isnan(found.numbers("y")[1])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("y;v\n0,1;1\n0.2;1\n", "decimal"),
        ("y;v\n1,234;1\n5,678;1\n", "thousands"),
        ("y;v\n0,1x;1\n", "'0,1x'"),
        ("y,v\n", "empty"),
        ("y,v\n1,2,3\n", "3 cells"),
    ],
)
def test_what_could_mean_two_things_is_asked(tmp_path, text, says):
    with pytest.raises(tables.TableError, match=says):
        table(tmp_path, text).numbers("y")


def test_the_caller_can_say_what_a_comma_means(tmp_path):
    found = table(tmp_path, "y;v\n1,234;1\n5,678;1\n", decimal=",")
    assert found.numbers("y") == [1.234, 5.678]


def test_standard_errors_and_variances_are_not_confused(tmp_path):
    text = "yi,sei\n0.1,0.2\n0.3,0.4\n"
    found = tables.plain_effects(table(tmp_path, text))
    np.testing.assert_allclose(found.v, [0.04, 0.16])
    assert "standard errors from 'sei'" in " ".join(found.notes)
    with pytest.raises(tables.TableError, match="--v or --se"):
        tables.plain_effects(table(tmp_path, "y,x\n1,2\n"))
    with pytest.raises(meta.InputError, match="not both"):
        tables.plain_effects(table(tmp_path, text), v="sei", se="sei")
    with pytest.raises(tables.TableError, match="negative"):
        tables.plain_effects(table(tmp_path, "y,se\n1,-2\n"))


@pytest.mark.parametrize("header", ["mean1,sd1,n1,mean2,sd2,n2", "m1i,sd1i,n1i,m2i,sd2i,n2i"])
def test_raw_columns_by_either_name_give_effect_sizes(tmp_path, header):
    found = tables.measure_effects(table(tmp_path, f"{header}\n5,2,30,4,2.5,28\n"), "smd")
    expected = meta.effect_sizes("SMD", mean1=[5], sd1=[2], n1=[30], mean2=[4], sd2=[2.5], n2=[28])
    assert found.y.tolist() == expected.y.tolist()
    assert found.v.tolist() == expected.v.tolist()


def test_raw_columns_given_twice_or_not_at_all_are_refused(tmp_path):
    with pytest.raises(tables.TableError, match="both give"):
        tables.measure_effects(table(tmp_path, "m1i,mean1,sd1,n1\n1,1,1,1\n"), "SMD")
    with pytest.raises(tables.TableError, match="no column with raw numbers"):
        tables.measure_effects(table(tmp_path, "a1,b1\n1,1\n"), "SMD")
    with pytest.raises(meta.InputError, match="not known"):
        tables.measure_effects(table(tmp_path, "a1,b1\n1,1\n"), "XYZ")


def test_rows_are_chosen_by_their_values(tmp_path):
    found = table(tmp_path, "y,v,time\n1,1,post\n2,1,later\n3,1,post\n")
    assert found.where(["time=post"]).numbers("y") == [1, 3]
    for condition, says in (("time", "COLUMN=VALUE"), ("time=x", "no row"), ("z=1", "no column")):
        with pytest.raises(tables.TableError, match=says):
            found.where([condition])


@pytest.fixture
def several(tmp_path):
    text = "study,y,v\nA,0.2,0.1\nA,0.6,0.05\nB,0.3,0.1\nC,,0.1\n"
    return tables.plain_effects(table(tmp_path, text), labels="study")


def test_several_effects_of_a_study_are_named_and_handled_as_told(several):
    every = tables.resolve_multiple(several, "all")
    assert "A (2)" in every.notes[-1]
    assert len(every) == 4
    assert tables.resolve_multiple(several, "first").y[0] == 0.2
    assert tables.resolve_multiple(several, "precise").y[0] == 0.6
    merged = tables.resolve_multiple(several, "aggregate", rho=0.4)
    S = np.array([[0.1, 0.4 * np.sqrt(0.005)], [0.4 * np.sqrt(0.005), 0.05]])
    w = np.linalg.solve(S, np.ones(2))
    assert merged.studies == ["A", "B"]
    assert merged.v[0] == pytest.approx(1 / w.sum())
    assert merged.y[0] == pytest.approx(w @ [0.2, 0.6] / w.sum())
    assert "0.4" in merged.notes[-1]
    with pytest.raises(meta.InputError, match=r"A \(2\)"):
        tables.resolve_multiple(several, "error")
    with pytest.raises(meta.MethodError, match="aggregate"):
        tables.resolve_multiple(several, "odd")


def test_lines_without_names_are_separate_studies(tmp_path):
    found = tables.plain_effects(table(tmp_path, "y,v\n1,1\n2,1\n"))
    assert tables.resolve_multiple(found, "error") is found


REVMAN = DATA / "revman5.csv"


@pytest.mark.parametrize(
    ("analysis", "coef", "q", "i2"),
    [("1.2", -0.70938839, 5.66012379, 29.33016758), ("1.1", None, 9.94605598, 39.67458046)],
)
def test_revman_five_export_gives_the_numbers_revman_printed(analysis, coef, q, i2):
    found = tables.revman_effects(read_table(REVMAN), analysis=analysis)
    printed = np.array(found.table.numbers("Effect Estimate"))
    effects = found.y if found.transform is None else np.exp(found.y)
    np.testing.assert_allclose(effects, printed, rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(found.v), found.table.numbers("SE"), rtol=1e-6)
    result = meta.pool(found.y, found.v, method="FE")
    # RevMan's Mantel-Haenszel analysis prints the Q around the Mantel-Haenszel estimate.
    assert result.q == pytest.approx(q, rel=1e-8 if coef else 1e-3)
    assert result.i2 == pytest.approx(i2, rel=1e-8 if coef else 1e-3)
    if coef:
        assert result.coef[0] == pytest.approx(coef, rel=1e-7)


def test_revman_measure_can_be_chosen_but_must_fit_the_data():
    rr = tables.revman_effects(read_table(REVMAN), analysis="1.1", measure="RR")
    assert rr.transform == "exp"
    assert rr.raw["Group 1"][0] == "49/615"
    with pytest.raises(meta.MethodError, match="dichotomous"):
        tables.revman_effects(read_table(REVMAN), analysis="1.1", measure="SMD")
    with pytest.raises(meta.InputError, match="--analysis"):
        tables.revman_effects(read_table(REVMAN))
    with pytest.raises(tables.TableError, match=r"1\.2 Mental"):
        tables.revman_effects(read_table(REVMAN), analysis="9.9")


WEB = (
    "Analysis group,Analysis number,Analysis name,Subgroup,Study,Study year,GIV Mean,GIV SE,"
    "Experimental cases,Experimental N,Experimental mean,Experimental SD,Control cases,Control N,"
    "Control mean,Control SD,O-E,Variance,Weight,Footnotes\n"
    "1,1,Pain,low,A 2001,2001,,,,13,5,4.7,,13,6.5,3.8,,,,\n"
    "1,1,Pain,high,B 2002,2002,,,,30,4.9,1.71,,50,6.1,2.3,,,,\n"
    "1,2,Trials,,C 2003,2003,-0.2,0.1,,,,,,,,,,,,\n"
)


def test_revman_web_rows_need_a_measure_unless_they_hold_estimates(tmp_path):
    found = table(tmp_path, WEB)
    with pytest.raises(meta.InputError, match="--measure"):
        tables.revman_effects(found, analysis="1.1")
    md = tables.revman_effects(found, analysis="1.1", measure="MD")
    np.testing.assert_allclose(md.y, [-1.5, -1.2])
    assert any("--subgroup 'Subgroup'" in note for note in md.notes)
    giv = tables.revman_effects(found, analysis="1.2")
    np.testing.assert_allclose([giv.y[0], giv.v[0]], [-0.2, 0.01])


def test_another_table_is_not_taken_for_a_revman_export(tmp_path):
    with pytest.raises(tables.TableError, match="neither a RevMan"):
        tables.revman_effects(table(tmp_path, "y,v\n1,1\n"))


PANIC = DATA / "metapsy_panic.csv"


def test_metapsy_effects_agree_with_the_raw_numbers_of_the_same_rows():
    """All 78 comparisons with raw numbers give the file's own g and standard error.

    The file corrects d by 1 - 3 / (4 N - 9) and leaves its standard error uncorrected; the exact
    correction factor, and the variance of the corrected g, differ by less than 2e-4 and 6e-3.
    """
    found = read_table(PANIC)
    column = {
        name: np.array(found.numbers(name))
        for name in found.columns
        if "_arm" in name or name in (".g", ".g_se")
        if found.is_numeric(name)
    }
    n1, n2 = column["n_arm1"], column["n_arm2"]
    total = n1 + n2
    pooled = ((n1 - 1) * column["sd_arm1"] ** 2 + (n2 - 1) * column["sd_arm2"] ** 2) / (total - 2)
    d = (column["mean_arm1"] - column["mean_arm2"]) / np.sqrt(pooled)
    both = ~np.isnan(d) & ~np.isnan(column[".g"])
    assert (both.sum(), np.isnan(column[".g"]).sum(), len(found)) == (78, 4, 82)
    g = d * (1 - 3 / (4 * total - 9))
    se = np.sqrt(total / (n1 * n2) + d**2 / (2 * total))
    np.testing.assert_allclose(g[both], column[".g"][both], rtol=1e-10)
    np.testing.assert_allclose(se[both], column[".g_se"][both], rtol=1e-10)
    ours = tables.metapsy_effects(found, measure="SMD")
    assert ours.usable.sum() == 78
    np.testing.assert_allclose(ours.y[both], column[".g"][both], atol=2e-4)
    np.testing.assert_allclose(np.sqrt(ours.v[both]), column[".g_se"][both], atol=6e-3)


def test_metapsy_rows_without_effects_and_studies_with_several_are_named():
    found = tables.resolve_multiple(tables.metapsy_effects(read_table(PANIC)))
    notes = " ".join(found.notes)
    for name in ("Goldstein, 2000", "Klein, 2001", "Rees, 2012", "Marchand, 2008 (3)"):
        assert name in notes
    usable = [label for label, use in zip(found.labels, found.usable, strict=True) if use]
    assert len(set(usable)) == 78
    assert "Barlow, 1989: CBT v WL" in usable


def test_metapsy_pooled_numbers():
    effects = tables.metapsy_effects(read_table(PANIC))
    with pytest.warns(meta.MetaWarning, match="4 of 82"):
        result = meta.pool(effects.y, effects.v)
    # Hedges' g over all comparisons; the same by minimising the restricted likelihood directly.
    from scipy.optimize import minimize_scalar

    y, v = result.y, result.v

    def deviance(log_tau2):
        w = 1 / (v + np.exp(log_tau2))
        mu = (w * y).sum() / w.sum()
        return -np.log(w).sum() + np.log(w.sum()) + (w * (y - mu) ** 2).sum()

    best = minimize_scalar(deviance, bounds=(-6, 2), method="bounded", options={"xatol": 1e-10})
    assert result.tau2 == pytest.approx(np.exp(best.x), rel=1e-5)
    assert result.coef[0] == pytest.approx(-0.77947, abs=5e-5)
    assert result.i2 == pytest.approx(75.2, abs=0.05)
    assert (result.pi_lower, result.pi_upper) == (
        pytest.approx(-1.6723, abs=5e-4),
        pytest.approx(0.1133, abs=5e-4),
    )


def test_metapsy_computes_what_the_file_left_empty(tmp_path):
    text = (
        "study;mean_arm1;mean_arm2;sd_arm1;sd_arm2;n_arm1;n_arm2;event_arm1;event_arm2;"
        "totaln_arm1;totaln_arm2;.g;.g_se\n"
        "A;1,5;2,5;1,1;1,2;20;22;;;;;-0,9;0,3\n"
        "B;1,5;2,5;1,1;1,2;20;22;;;;;NA;NA\n"
        "C;NA;NA;NA;NA;NA;NA;4;9;30;31;NA;NA\n"
    )
    found = tables.metapsy_effects(table(tmp_path, text))
    assert found.y[0] == -0.9
    assert found.y[1] == pytest.approx(-0.851, abs=1e-3)
    assert np.isnan(found.y[2])
    assert "computed from the raw columns: B (line 3); without an effect: C (line 4)" in " ".join(
        found.notes
    )
    ratio = tables.metapsy_effects(table(tmp_path, text), measure="RR")
    assert ratio.y[2] == pytest.approx(np.log((4 / 30) / (9 / 31)))
    with pytest.raises(meta.MethodError, match="Metapsy"):
        tables.metapsy_effects(table(tmp_path, text), measure="COR")
