"""``aponia pool`` on the tables people have: Metapsy, RevMan, raw numbers; it says what it used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aponia import meta

DATA = Path(__file__).parents[1] / "meta" / "data"
TEN = "study,y,v,dose,group\n" + "".join(
    f"s{i},{0.1 * i - 0.2:.1f},{0.03 + 0.005 * i},{i * i},{'ab'[i % 2]}\n" for i in range(10)
)


def pool(*args):
    return subprocess.run(
        [sys.executable, "-c", "from aponia.cli import main; main()", "pool", *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def ten(tmp_path):
    file = tmp_path / "ten.csv"
    file.write_text(TEN, encoding="utf-8")
    return file


def test_metapsy_as_json_is_the_pooled_result_with_what_was_used():
    done = pool(DATA / "metapsy_panic.csv", "--format", "metapsy", "--json")
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert out["k"] == 78
    assert out["coef"][0] == pytest.approx(-0.77947, abs=5e-5)
    assert out["tau2"] == pytest.approx(0.2036, abs=5e-5)
    assert out["i2"] == pytest.approx(75.2, abs=0.05)
    assert out["pi_lower"] < out["ci_lower"][0] < out["ci_upper"][0] < out["pi_upper"]
    used = " ".join(out["used"])
    for words in ("'.g'", "decimal comma", "Marchand, 2008 (3)", "as if independent", "semicolon"):
        assert words in used


def test_metapsy_aggregated_has_one_effect_a_study():
    done = pool(
        DATA / "metapsy_panic.csv", "--format", "metapsy", "--multiple", "aggregate", "--json"
    )
    out = json.loads(done.stdout)
    assert out["k"] == 69
    assert len(set(out["labels"])) == 69
    assert any("correlation of 0.5" in note for note in out["used"])


def test_revman_names_its_analyses_and_pools_the_chosen_one():
    asked = pool(DATA / "revman5.csv", "--format", "revman")
    assert asked.returncode == 1
    assert "1.2 Mental Health" in asked.stderr
    done = pool(
        DATA / "revman5.csv", "--format", "revman", "--analysis", "1.2", "--method", "FE", "--json"
    )
    assert json.loads(done.stdout)["coef"][0] == pytest.approx(-0.70938839, rel=1e-7)


def test_raw_columns_with_a_measure(tmp_path):
    file = tmp_path / "raw.csv"
    file.write_text("trial,ai,n1i,ci,n2i\nA,4,30,9,31\nB,0,20,5,22\nC,7,40,9,38\n", "utf-8")
    done = pool(file, "--measure", "RR", "--labels", "trial", "--json")
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    effects = meta.effect_sizes(
        "RR", events1=[4, 0, 7], total1=[30, 20, 40], events2=[9, 5, 9], total2=[31, 22, 38]
    )
    assert out["coef"][0] == pytest.approx(float(meta.pool(effects).coef[0]), rel=1e-12)
    assert any("ai, ci, n1i, n2i" in note for note in out["used"])
    assert any("zero cells" in note for note in out["used"])


@pytest.mark.parametrize("moderators", ["dose", "~ dose", "dose,group"])
def test_moderators_by_column_or_formula(ten, moderators):
    done = pool(ten, "--moderators", moderators, "--test", "knha", "--json")
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert out["names"][:2] == ["intercept", "dose"]
    assert out["test"] == "knha"
    assert out["pi_lower"] is None


def test_subgroups_are_pooled_each_and_the_plot_is_written(ten, tmp_path):
    plot = tmp_path / "forest.svg"
    done = pool(ten, "--subgroup", "group", "--labels", "study", "--plot", plot, "--json")
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    y = np.round(0.1 * np.arange(10) - 0.2, 1)[::2]
    expected = meta.pool(y, (0.03 + 0.005 * np.arange(10))[::2])
    assert out["subgroups"]["a"]["coef"][0] == pytest.approx(float(expected.coef[0]), rel=1e-9)
    drawn = plot.read_text("utf-8")
    assert "s7" in drawn
    assert "Subtotal (5 studies" in drawn


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("--format", "odd"), 2, "plain, metapsy or revman"),
        (("--plot", "x.doc"), 2, ".svg"),
        (("--format", "metapsy"), 1, "no column 'study'"),
        (("--moderators", "nothing"), 1, "nothing"),
        (("--subgroup", "nothing"), 1, "no column 'nothing'"),
        (("--where", "group=z"), 1, "no row"),
        (("--measure", "SMD"), 1, "no column with raw numbers"),
        (("--measure", "SMD", "--y", "y"), 2, "leave out"),
        (("--method", "XX"), 1, "XX"),
        (("--level", "95"), 1, "0.95"),
        (("--analysis", "1.1"), 2, "revman"),
    ],
)
def test_a_mistake_is_one_message(ten, args, code, says):
    if "metapsy" in args:
        ten.write_text("y,v\n1,2\n", "utf-8")
    done = pool(ten, *args)
    assert done.returncode == code, done.stderr
    assert says in done.stderr.replace("\n", " ").replace("│ ", "")
    assert "Traceback" not in done.stderr


def test_a_first_result_loads_no_chart_data_frame_or_compiler_library(ten):
    code = (
        "import sys; sys.argv = ['aponia', 'pool', sys.argv[1], '--json']\n"
        "from aponia.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'pandas', 'altair', 'formulaic', 'numba', 'vl_convert'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ten)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
