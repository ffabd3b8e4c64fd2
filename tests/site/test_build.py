"""The frozen site: whole, light, linked, warned, and never half-written."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from aponia.site import BuildError, build_site
from aponia.site.build import MAX_PAGE_BYTES
from aponia.site.links import dead_links


def pages(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8")
        for p in folder.rglob("*.html")
    }


def test_every_section_and_record_has_a_page(built):
    out, report = built
    names = set(pages(out))
    for section in ("index", "questions/index", "studies/index", "trials/index", "mechanisms/index", "approaches/index",
                    "safety/index", "legal/index", "ketamine/index", "analogues/index", "methods/index", "data/index"):  # fmt: skip
        assert f"{section}.html" in names
    assert sum(n.startswith("studies/") for n in names) == 168 + 1
    assert sum(n.startswith("trials/") for n in names) == 46 + 1
    assert report.pages == len(names)


def test_no_script_no_inline_style_no_outside_asset(built):
    out, _ = built
    for name, text in pages(out).items():
        assert re.findall(r"<script(?! type=\"application/ld\+json\")", text) == [], name
        assert re.findall(r"\sstyle=", text) == [], name
        assert re.findall(r"\son[a-z]+=\"", text) == [], name
        assert (
            re.findall(
                r"<(?:img|link|script|iframe|source)[^>]+(?:src|href)=\"https?:(?!//[^\"]*\" rel=\"canonical)",
                text,
            )
            == []
        ), name


def test_pages_are_light_and_links_lead_somewhere(built):
    out, report = built
    assert max(len(t.encode()) for t in pages(out).values()) <= MAX_PAGE_BYTES
    assert report.largest_page_bytes <= MAX_PAGE_BYTES
    assert dead_links(out) == []


def test_patient_pages_carry_warnings_urgent_box_and_exclusions(built):
    out, _ = built
    for path in (out / "questions").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "Not medical advice" in text or "not medical advice" in text
        assert "Do not stop" in text
        if path.name != "index.html":
            assert "If it is urgent" in text
            assert "Before anybody acts on this" in text


def test_crisis_lines_come_only_from_the_service_or_an_official_page(built):
    from aponia import evidence

    out, _ = built
    text = (out / "index.html").read_text(encoding="utf-8")
    rows = evidence.load().crisis_lines
    hidden = [c for c in rows if not c.shown]
    assert hidden
    assert any(c.service in text for c in rows if c.shown)
    shown_services = {c.service for c in rows if c.shown}
    for row in hidden:
        if row.service not in shown_services:
            assert f"<td>{row.service}" not in text, row.service


def test_every_question_has_data_twins_that_agree_with_the_page(built):
    out, _ = built
    for path in (out / "questions").glob("*.json"):
        if path.name == "index.json":
            continue
        data = json.loads(path.read_text(encoding="utf-8"))
        page = path.with_suffix(".html").read_text(encoding="utf-8")
        assert data["certainty"]["level"] in page
        with path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == sum(len(layer["rows"]) for layer in data["layers"])
        assert path.with_suffix(".ris").exists()


def test_two_builds_of_the_same_base_are_identical(built, tmp_path):
    out, _ = built
    again = tmp_path / "again"
    build_site(again, today="2026-11-22")
    one = {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    two = {p.relative_to(again): p.read_bytes() for p in again.rglob("*") if p.is_file()}
    assert one == two


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "letters.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(BuildError, match="not made by"):
        build_site(tmp_path)
    assert (tmp_path / "letters.txt").read_text(encoding="utf-8") == "mine"


def test_a_build_killed_half_way_leaves_the_old_site_whole(tmp_path):
    out = tmp_path / "site"
    build_site(out, today="2026-11-22")
    before = {p.relative_to(out): p.stat().st_size for p in out.rglob("*") if p.is_file()}
    code = f"from pathlib import Path; from aponia.site import build_site; build_site(Path({str(out)!r}), today='2026-11-23')"
    child = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    # Kill once the new pages are being written beside the old site.
    while (
        time.monotonic() < deadline
        and not list(tmp_path.glob(".site-*/questions"))
        and child.poll() is None
    ):
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    after = {p.relative_to(out): p.stat().st_size for p in out.rglob("*") if p.is_file()}
    assert after == before
    build_site(out, today="2026-11-23")
    assert "2026-11-23" in (out / "index.html").read_text(encoding="utf-8")


def test_a_sentence_stronger_than_its_certainty_fails_the_build(monkeypatch, tmp_path):
    from aponia.answers import wording

    monkeypatch.setattr(wording, "_plain", lambda level, names, found: "Ketamine relieves pain.")
    with pytest.raises(BuildError, match="stronger than its certainty"):
        build_site(tmp_path / "site")
    assert not (tmp_path / "site").exists()
