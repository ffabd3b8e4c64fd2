"""The mechanism pages tell what the records tell, name the gap, and advise nobody."""

from __future__ import annotations

import json
import re

import pytest
from lxml import html

from aponia import evidence
from aponia.answers.mechanism import CHAIN, MECHANISMS, chain
from aponia.answers.mechanism_words import chain_title, missing_sentences, state_word


@pytest.fixture(scope="module")
def pages(built):
    out, _ = built
    names = (*MECHANISMS, "index")
    return {
        n: html.document_fromstring((out / "mechanisms" / f"{n}.html").read_text("utf-8"))
        for n in names
    }


@pytest.fixture(scope="module")
def base():
    return evidence.load()


def text(node) -> str:
    return " ".join(node.text_content().split())


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_page_opens_with_the_answer_the_chain_and_the_missing_link(pages, base, mechanism):
    page, found = pages[mechanism], chain(base, mechanism)
    assert "Nobody has shown" in text(page.xpath("//*[@class='answer-text']")[0])
    figure = page.xpath("//figure[@class='fig']")[0]
    assert chain_title(found) in text(figure)
    assert len(figure.xpath(".//*[name()='svg' and @role='img']")) == 2
    assert figure.xpath(".//table")
    box = text(page.xpath("//section[@aria-labelledby='missing']")[0])
    for sentence in missing_sentences(found):
        assert sentence in box


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_link_has_its_section_its_state_and_every_one_of_its_studies(pages, base, mechanism):
    page, found = pages[mechanism], chain(base, mechanism)
    for key in CHAIN:
        link = found.links[key]
        assert page.xpath(f"//nav//a[@href='#{key}']"), key
        section = page.xpath(f"//section[@aria-labelledby='{key}']")[0]
        assert state_word(link) in text(section)
        linked = {h.split("/")[-1].removesuffix(".html") for h in section.xpath(".//td//a/@href | .//th//a/@href")}  # fmt: skip
        assert linked == set(link.votes), key


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_picture_and_its_table_tell_the_same_counts(pages, base, mechanism):
    figure = pages[mechanism].xpath("//figure[@class='fig']")[0]
    rows = figure.xpath(".//tbody/tr")
    for row, key in zip(rows, ("animals", "volunteers", "patients", "together"), strict=False):
        link = chain(base, mechanism).links[key]
        cells = [text(c) for c in row]
        assert cells[1] == state_word(link)
        numbers = [int(n) for n in re.findall(r"(\d+) (?:for|mixed|no|against|unclear)", cells[2])]
        assert sum(numbers) == len(link.votes)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_json_beside_the_page_tells_the_same(built, pages, mechanism):
    out, _ = built
    data = json.loads((out / "mechanisms" / f"{mechanism}.json").read_text("utf-8"))
    assert data["title"] in text(pages[mechanism])
    assert all(sentence in text(pages[mechanism]) for sentence in data["missing"])
    assert [link["link"] for link in data["links"]] == list(CHAIN)


def test_mediation_prints_the_interval_where_there_is_a_figure_and_says_where_there_is_none(pages):
    plasticity, affective = text(pages["plasticity"]), text(pages["affective"])
    assert "−0.81 (−0.95 to −0.37)" in plasticity
    assert "no link seen; no figure printed" in affective
    assert "−0.63 to 0.63" in affective
    assert "weak evidence that the experience does not matter" in affective
    assert "Two things that move together can both follow a third" in plasticity


def test_analogues_and_receptors_are_reached(pages):
    assert pages["affective"].xpath("//section//a[contains(@href, 'analogues/index.html')]")
    receptor = text(pages["plasticity"].xpath("//section[@aria-labelledby='receptor']")[0])
    assert "ketanserin" in receptor
    assert "No study in this base blocked it in people with pain." in receptor
    assert "NMDA" in receptor


def test_second_hand_and_uncontrolled_studies_are_marked_in_the_row(pages):
    rows = pages["plasticity"].xpath("//section[@aria-labelledby='together']//tbody/tr")
    told = {text(r[0]): text(r[1]) for r in rows}
    assert "second hand" in told["Zeidan 2025"]
    assert "no comparison group" in told["Madsen 2024"]


def test_doses_of_several_drugs_are_each_told_with_their_drug(pages):
    rows = pages["plasticity"].xpath("//section[@aria-labelledby='volunteers']//tbody/tr")
    ley = next(text(r[2]) for r in rows if "Ley 2023" in text(r[0]))
    assert ley == "mescaline: dose not read; LSD: 100 µg; psilocybin: 20 mg"


def test_the_index_shows_three_chains_and_the_rule(pages):
    index = pages["index"]
    assert len(index.xpath("//ul[contains(@class, 'chains')]/li")) == 3
    assert len(index.xpath("//figure")) == 3
    assert "One more study without a difference can only weaken a link" in text(index)
    assert "Pain in animals" in text(index)


def test_nobody_is_advised(pages):
    for page in pages.values():
        assert not re.search(r"\byou should\b|\btake \d|\brecommended dose\b", text(page), re.I)


def test_a_base_without_findings_still_has_its_pages(base):
    from aponia.answers import answer_all
    from aponia.site.render import render
    from aponia.site.views.common import World
    from aponia.site.views.mechanism import mechanism_pages

    empty = base.__class__(**{**vars(base), "mechanism_findings": ()})
    world = World(empty, answer_all(base), "2026-11-22", "0")
    made = {p.path: p for p in mechanism_pages(world)}
    assert set(made) == {f"mechanisms/{n}.html" for n in (*MECHANISMS, "index")}
    site = {"version": "0", "built": "2026-11-22", "data_changed": "", "repository": "", "corrections_href": "", "licence_href": "", "funding": ""}  # fmt: skip
    assert "no study here" in render(made["mechanisms/plasticity.html"], site)
