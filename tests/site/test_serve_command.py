"""``aponia serve`` as its users start it, and what the README says of commands."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import httpx
import pytest
import typer

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from aponia.cli import main; main()"]


def started(*args):
    process = subprocess.Popen([*COMMAND, *args, "--port", "0", "--json"], stdout=subprocess.PIPE, text=True)  # fmt: skip
    text = ""
    assert process.stdout is not None
    while not text.rstrip().endswith("}"):
        line = process.stdout.readline()
        assert line, f"the server ended: {text}"
        text += line
    return process, json.loads(text)["address"]


def test_serve_opens_the_start_page_and_everything_else_from_there(tmp_path):
    process, address = started("serve", "--db", f"sqlite:///{tmp_path}/a.sqlite")
    with process, httpx.Client(timeout=120, follow_redirects=True) as client:
        try:
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
            start = client.get(address)
            assert "What is known about psychedelics and pain" in start.text
            assert "Information about research" in start.text
            # Asked at once: the page may not be made yet.
            assert "cluster headache" in client.get(f"{address}questions/psilocybin-cluster-headache.html").text  # fmt: skip
            assert client.get(f"{address}data/answers.json").json()
            assert "Who is screening?" in client.get(f"{address}screening/").text
        finally:
            process.terminate()
            process.wait(timeout=30)


def done(*args):
    return subprocess.run([*COMMAND, *args], capture_output=True, text=True, check=False, timeout=120)  # fmt: skip


@pytest.mark.parametrize("command", [("serve",), ("literature", "screen")])
def test_a_public_address_needs_people_with_passwords(tmp_path, command):
    said = done(*command, "--db", f"sqlite:///{tmp_path}/a.sqlite", "--host", "0.0.0.0", "--port", "0")  # fmt: skip
    assert said.returncode == 1
    assert "users add" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_base_with_problems_is_told_at_the_terminal(tmp_path):
    said = done("serve", "--db", f"sqlite:///{tmp_path}/a.sqlite", "--port", "0", "--evidence", str(tmp_path))  # fmt: skip
    assert said.returncode == 1
    assert str(tmp_path) in said.stderr
    assert "Traceback" not in said.stderr


def commands_of(text):
    return [
        shlex.split(line.split("#")[0])[1:]
        for line in re.findall(r"^    (aponia .*)$", text, re.MULTILINE)
    ]


def test_every_command_of_the_readme_is_there_with_its_options():
    from aponia.cli.main import app

    lines = commands_of((ROOT / "README.md").read_text(encoding="utf-8"))
    assert lines
    for words in lines:
        command: click.Command = typer.main.get_command(app)
        rest = list(words)
        while isinstance(command, click.Group) or hasattr(command, "commands"):
            if not rest and getattr(command, "invoke_without_command", False):
                break  # a group that does its daily work when nothing is named
            assert rest, words
            found = command.get_command(click.Context(command), rest.pop(0))
            assert found is not None, words
            command = found
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
        assert {w for w in rest if w.startswith("--")} <= known, words
