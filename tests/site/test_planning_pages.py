"""The pages of the next trial: every question told, numbers the same on every build, nothing to take."""

from __future__ import annotations

import io
import json
import re

import pypdf
import pytest
from lxml import html

from aponia.answers.guard import check_page, dose_mentions
from aponia.planning.gaps import ITEMS
from aponia.site import planned as kept
from aponia.site.app.world import load_world
from aponia.site.planned import planned
from aponia.site.planned_files import plan_pdf
from aponia.site.render import render
from aponia.site.typeset import page_count
from aponia.site.views.planning import planning_pages

NAMED = (
    "psilocybin-cluster-headache",
    "psilocybin-migraine",
    "psilocybin-fibromyalgia",
    "lsd-cluster-headache",
)
SITE = {
    "version": "0", "built": "2026-11-22", "data_changed": "2026-11-22", "repository": "",
    "corrections_href": "", "licence_href": "", "funding": "The project sells nothing.",
}  # fmt: skip


@pytest.fixture(scope="module")
def world():
    return load_world()


@pytest.fixture(scope="module")
def pages(world):
    return {p.path: render(p, SITE) for p in planning_pages(world)}


def test_the_index_names_every_question_and_leads_to_every_plan(world, pages):
    tree = html.document_fromstring(pages["next-trial/index.html"])
    links = {str(h) for h in tree.xpath("//main//table//a/@href")}
    for name, made in planned(world).items():
        assert (f"{name}.html" if made["plan"] else f"../questions/{name}.html") in links
        assert made["plan"] or made["why_no_plan"]
        assert (f"next-trial/{name}.html" in pages) == bool(made["plan"])
    assert set(NAMED) <= {n for n, made in planned(world).items() if made["plan"]}


def test_every_page_passes_the_guard_is_light_and_names_no_dose(pages):
    for path, source in pages.items():
        assert check_page(path, source, patient=False) == []
        assert len(source.encode()) < 200_000
        assert dose_mentions(html.document_fromstring(source).find(".//main").text_content()) == []


def test_every_picture_has_its_numbers_as_a_table(pages):
    for name in NAMED:
        tree = html.document_fromstring(pages[f"next-trial/{name}.html"])
        figures = tree.xpath("//figure")
        assert len(figures) == 4
        for figure in figures:
            assert figure.xpath(".//table//td")
            assert len(figure.xpath(".//svg")) == 2


def test_assumptions_stand_with_value_range_origin_and_source(world, pages):
    made = planned(world)["psilocybin-cluster-headache"]
    tree = html.document_fromstring(pages["next-trial/psilocybin-cluster-headache.html"])
    (table,) = tree.xpath("//table[caption[contains(., 'Every number this plan rests on')]]")
    rows = table.xpath(".//tbody/tr")
    assert len(rows) == len(made["plan"]["assumptions"])
    for row, told in zip(rows, made["plan"]["assumptions"], strict=True):
        cells = [c.text_content() for c in row.xpath("./th|./td")]
        assert cells[3] == told["origin"]
        assert f"{told['value']:.4g}".replace("-", "−") in cells[1]
        links = row.xpath(".//a/@href")
        assert (links == [told["url"]]) == bool(told["url"])
        assert told["origin"] != "read" or links


def test_shares_of_each_future_sum_to_one(world):
    for made in planned(world).values():
        found = [s["forecast"] for s in made["outlook"]["scenarios"]] + made["after_a_trial"]
        for forecast in filter(None, found):
            assert sum(e["value"] for e in forecast["levels"].values()) == pytest.approx(1)


def test_a_question_computed_alone_gives_the_same_numbers(world):
    """Sharing plans between questions, and keeping them, changes no figure."""
    some = ("psilocybin-neuropathic-pain",)
    alone = kept._all(world.base, {q: world.answers[q] for q in some})
    for q in some:
        again = json.loads(json.dumps(alone[q].to_dict(), ensure_ascii=False))
        assert again == planned(world)[q]


def test_kept_plans_belong_to_the_evidence_and_the_code(world, tmp_path, monkeypatch):
    monkeypatch.setenv("APONIA_CACHE", str(tmp_path))
    monkeypatch.setattr(kept, "_KEPT", {})
    made = []

    def stub(base, answers):
        made.append(base.digest)
        return {}

    monkeypatch.setattr(kept, "_all", stub)
    planned(world)
    (file,) = (tmp_path / "next-trial").glob("*.json")
    assert world.base.digest[:24] in file.name
    assert made == [world.base.digest]
    # A file cut short is made again, not believed.
    file.write_text('{"psilocybin', encoding="utf-8")
    monkeypatch.setattr(kept, "_KEPT", {})
    planned(world)
    assert len(made) == 2
    # Other code, another name.
    monkeypatch.setattr(kept, "_KEPT", {})
    monkeypatch.setattr(kept, "_code", lambda: "f" * 64)
    planned(world)
    assert len(made) == 3


def test_documents_have_two_tagged_pages_and_come_out_the_same(world):
    for name in NAMED:
        made = planned(world)[name]
        for paper in ("a4", "letter"):
            pdf = plan_pdf(world, name, made, paper)
            assert page_count(pdf) == 2
        assert pdf == plan_pdf(world, name, made, "letter")
        read = pypdf.PdfReader(io.BytesIO(pdf))
        assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
        text = " ".join("".join(page.extract_text() for page in read.pages).split())
        assert "Not medical advice" in text
        assert "SPIRIT 2025" in text
        assert dose_mentions(text) == []
        for item in made["protocol"]:
            assert re.search(rf"\b{re.escape(item['heading'].split()[0])}\b", text)


def test_files_hold_what_the_pages_show(world, built):
    folder = built[0] / "next-trial"
    index = json.loads((folder / "index.json").read_text("utf-8"))["shows"]["outlooks"]
    assert {row["question"] for row in index} == set(world.answers)
    for name, made in planned(world).items():
        if made["plan"]:
            twin = json.loads((folder / f"{name}.json").read_text("utf-8"))
            assert twin == made
            assert page_count((folder / f"{name}.pdf").read_bytes()) == 2
            assert [s["key"] for s in twin["gaps"]["shares"]] == [i.key for i in ITEMS]


@pytest.fixture
def open_page(chromium, built):
    contexts = []

    def opened(name, *, width=1280, dark=False):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.goto((built[0] / "next-trial" / f"{name}.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    "name", ["index", "psilocybin-cluster-headache", "psilocybin-fibromyalgia"]
)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(open_page, name, dark):
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(
        open_page(name, dark=dark),
        options={
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        },
    )
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["index", "psilocybin-cluster-headache", "ketamine-neuropathic-pain"])  # fmt: skip
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_runs_off_the_screen_and_no_words_lie_on_each_other(open_page, name, width):
    page = open_page(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    clashes = page.evaluate(
        """() => {
          const found = [];
          for (const svg of document.querySelectorAll('.chart svg')) {
            const boxes = [...svg.querySelectorAll('text')]
              .map(t => [t.textContent, t.getBoundingClientRect()])
              .filter(b => b[1].width > 0);
            for (let i = 0; i < boxes.length; i++) for (let j = 0; j < i; j++) {
              const [s, a] = boxes[i], [u, b] = boxes[j];
              const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
              const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
              if (across > 2 && down > 0.45 * Math.min(a.height, b.height)) found.push([s, u]);
            }
          }
          return found;
        }"""
    )
    assert clashes == []
