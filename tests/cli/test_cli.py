"""The command line as its users meet it: help at once, one message on a mistake, JSON everywhere."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def aponia(*args, **kwargs):
    return subprocess.run(
        [sys.executable, "-c", "from aponia.cli import main; main()", *args],
        capture_output=True,
        text=True,
        check=False,
        **kwargs,
    )


def test_help_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['aponia', '--help']\n"
        "from aponia.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'scipy', 'pandas', 'pydantic', 'jinja2', 'altair', 'lxml', 'numba', 'yaml'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in ("ask", "build", "pool", "evidence"):
        assert command in done.stdout


def test_ask_answers_in_words_and_in_json():
    done = aponia("ask", "psilocybin for cluster headache")
    assert done.returncode == 0, done.stderr
    assert "very uncertain" in done.stdout
    assert "not medical advice" in " ".join(done.stdout.split())
    data = json.loads(aponia("ask", "psilocybin for cluster headache", "--json").stdout)
    assert data["headline"]["people"] == 14


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("ask", "best pizza in town"), 1, "no living question"),
        (("pool", "/nowhere/x.csv"), 1, "no such file"),
        (("ask", "x", "--evidence", "/nowhere"), 1, "/nowhere"),
        (("pool",), 2, "FILE"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_a_mistake_is_one_message_and_the_right_exit_code(args, code, says):
    done = aponia(*args)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_pool_reads_a_table_and_says_what_it_used(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("study,y,v\na,0.1,0.04\nb,0.3,0.05\nc,-0.1,0.03\n", encoding="utf-8")
    done = aponia("pool", str(file), "--labels", "study")
    assert done.returncode == 0, done.stderr
    assert "'y'" in done.stdout
    data = json.loads(aponia("pool", str(file), "--json").stdout)
    assert data["k"] == 3
    assert len(data["coef"]) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("y,v\n1,2\n3\n", "line 3"),
        ("y,v\n1,two\n", "'two'"),
        ("y,y\n1,2\n", "twice"),
        ("a,b\n1,2\n", "no column 'y'"),
    ],
)
def test_pool_names_file_line_and_column(tmp_path, text, says):
    file = tmp_path / "own.csv"
    file.write_text(text, encoding="utf-8")
    done = aponia("pool", str(file))
    assert done.returncode == 1
    assert says in done.stderr
    assert "own.csv" in done.stderr
