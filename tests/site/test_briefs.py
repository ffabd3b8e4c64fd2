"""The printed brief: two pages for every question, every word checked, no dose, the same for everyone."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pypdf
import pytest

from aponia.answers.guard import check_texts, dose_mentions
from aponia.answers.select import RUNNING
from aponia.site.app.world import load_world
from aponia.site.briefs import (
    COUNTRIES,
    CUTS,
    BriefError,
    check,
    country_of,
    draw,
    draw_all,
    make_brief,
)
from aponia.site.briefs.safety import kin
from aponia.site.dates import written_date
from aponia.site.views.common import RED_FLAGS

DOSE = re.compile(r"\bmg\b|µg|μg|\bmcg\b|\bug\b|g dried|milligram|microgram", re.IGNORECASE)


@pytest.fixture(scope="module")
def world():
    return load_world()


@pytest.fixture(scope="module")
def plain(world):
    """Every question on A4 without a country, as a build writes them."""
    return {d.brief.id: d for d in draw_all(world, world.answers)}


@pytest.fixture(scope="module")
def texts(plain):
    return {q: d.text() for q, d in plain.items()}


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def flat(text):
    return re.sub(r"\s+", "", text)


def test_every_question_takes_exactly_two_a4_pages(plain):
    assert len(plain) == 47
    for question, drawn in plain.items():
        pages = pypdf.PdfReader(io.BytesIO(drawn.pdf)).pages
        assert len(pages) == 2, question
        sizes = {tuple(round(float(x)) for x in page.mediabox[2:]) for page in pages}
        assert sizes == {(595, 842)}, question


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_country_takes_two_pages_where_room_is_shortest(world, country):
    # The questions with most to say: all drugs, all conditions, most trials.
    for question in ("plasticity-pain", "ketamine-infusion-pain"):
        drawn = draw(make_brief(world, question, COUNTRIES[country]), "letter")
        pages = pypdf.PdfReader(io.BytesIO(drawn.pdf)).pages
        assert [round(float(p.mediabox[2])) for p in pages] == [612, 612]


def test_no_text_names_an_amount_of_a_drug(texts, world):
    for question, text in texts.items():
        assert DOSE.findall(text) == [], question
        assert dose_mentions(text) == [], question
    for country in COUNTRIES.values():
        for question in world.answers:
            brief = make_brief(world, question, country)
            assert [s for s in strings(brief.to_dict()) if DOSE.search(s)] == [], question


def test_every_brief_of_every_country_keeps_the_rules_of_wording(world):
    for country in (None, *COUNTRIES.values()):
        for question in world.answers:
            assert check(make_brief(world, question, country)) == []


def test_an_overstated_or_dose_bearing_brief_is_not_printed(world):
    brief = make_brief(world, "psilocybin-migraine")
    for wrong in (
        replace(brief, answer="Psilocybin reduces migraine days."),
        replace(brief, size="Psilocybin probably reduces migraine days."),
        replace(brief, harm="The trial gave 10 mg."),
        replace(brief, answer="Psilocybin is safe."),
        replace(brief, standing=()),
    ):
        with pytest.raises(BriefError, match=r"briefs/psilocybin-migraine\.pdf"):
            draw(wrong)


def test_nothing_is_printed_that_was_not_checked(plain, texts):
    # Every word on the paper comes from the checked model or the few fixed words beside it.
    from aponia.site.briefs.drawing import _data

    for question in ("psilocybin-cluster-headache", "plasticity-pain", "ketamine-migraine"):
        drawn = plain[question]
        data = _data(drawn.brief, CUTS[drawn.cut], "a4", "")
        allowed = flat(" ".join(strings(data))).casefold()
        for word in texts[question].split():
            bare = flat(word).strip("()–-:,.;#").casefold()
            bare = re.sub(r"^\d/2$|^2/2$", "", bare)
            assert bare in allowed or bare in {"1", "2", "/"}, (question, word)


def test_the_content_stands_in_the_stated_order(texts, plain):
    for question in ("psilocybin-cluster-headache", "lsd-cluster-headache", "psilocybin-ibs"):
        brief, text = plain[question].brief, flat(texts[question])
        order = [
            brief.standing[0], brief.ask, brief.answer, brief.size, brief.level_word, brief.layers.title,
            brief.excluded.title, brief.interactions.title, brief.law.title, brief.options.title,
            brief.trials_title, brief.questions.title, brief.blanks_title,
        ]  # fmt: skip
        places = [text.find(flat(part)) for part in order]
        assert -1 not in places, (question, order[places.index(-1)])
        assert places == sorted(places), question


def test_benefit_and_harm_have_the_same_size_of_type(plain):
    drawn = plain["ketamine-chronic-pain"]
    seen: dict[str, set[float]] = {"size": set(), "harm": set()}
    words = {
        "size": flat(drawn.brief.size),
        "harm": flat(drawn.brief.harm),
    }

    def visit(text, _cm, _tm, _font, size):
        part = flat(text)
        for key, whole in words.items():
            if len(part) > 20 and part in whole:
                seen[key].add(round(float(size), 2))

    pypdf.PdfReader(io.BytesIO(drawn.pdf)).pages[0].extract_text(visitor_text=visit)
    assert seen["size"] == seen["harm"] != set()


def test_safety_is_never_shortened(plain, texts):
    for question, drawn in plain.items():
        text = flat(texts[question])
        brief = drawn.brief
        for part in (
            *brief.standing, brief.answer, brief.harm, brief.level_word, *brief.why, *brief.urgent.flags,
            *brief.urgent.lines, brief.urgent.call, *(x.text for x in brief.excluded.lines),
            *(x.text for x in brief.interactions.lines), *(x.lead for x in brief.interactions.lines),
        ):  # fmt: skip
            assert flat(part) in text, (question, drawn.cut, part)


def test_what_is_left_out_is_counted(plain, texts, world):
    for question, drawn in plain.items():
        cut = CUTS[drawn.cut]
        hidden = len(drawn.brief.trials) - cut.trials
        if hidden > 0:
            assert flat(f"And {hidden} more open trial") in flat(texts[question]), question
        shown = [r.trial for r in drawn.brief.trials[: cut.trials]]
        assert all(t in texts[question] for t in shown)
    open_trials = {
        q: sum(world.base.trials[t].status in RUNNING for t in a.trials)
        for q, a in world.answers.items()
    }
    assert {q: len(d.brief.trials) for q, d in plain.items()} == open_trials


def test_lithium_is_raised_for_every_classic_psychedelic(world):
    # The row stands under the class, not under each drug.
    assert kin(world, ["psilocybin"]) == {"psilocybin", "classic-psychedelics-mixed"}
    for answer in world.answers.values():
        if {"psilocybin", "lsd", "dmt", "lsa"} & set(answer.substances):
            leads = [x.lead for x in make_brief(world, answer.id).interactions.lines]
            assert "Lithium" in leads, answer.id
            assert "Tramadol" in leads, answer.id


def test_effects_on_different_drugs_are_never_joined(world):
    lines = make_brief(world, "plasticity-pain").interactions.lines
    inhibitors = [x for x in lines if x.lead == "MAO inhibitors"]
    assert len(inhibitors) == 4
    assert {x.note.split("with ")[1] for x in inhibitors} == {
        "LSD",
        "MDMA",
        "5-MeO-DMT",
        "esketamine",
    }
    assert all(x.text.count(";") == 0 for x in inhibitors)


def test_a_drug_without_rows_is_no_clearance(world):
    brief = make_brief(world, "bol-148-cluster-headache")
    assert brief.interactions.lines == ()
    assert "not a clearance" in brief.interactions.intro
    assert "not a clearance" in brief.excluded.intro


def test_only_checked_crisis_lines_are_printed_with_their_date(world):
    shown = [c for c in world.base.crisis_lines if c.shown]
    for country in (None, *COUNTRIES.values()):
        box = make_brief(world, "psilocybin-cluster-headache", country).urgent
        assert box.flags == RED_FLAGS
        for line in box.lines:
            (row,) = [c for c in shown if f"{c.service}: {c.number}" in line]
            assert (written_date(row.as_of) or "undated page") in line
        hidden = [c for c in world.base.crisis_lines if not c.shown]
        assert not any(f"{c.service}: {c.number}" in line for c in hidden for line in box.lines)
    germany = make_brief(world, "psilocybin-cluster-headache", country_of("DE")).urgent
    assert germany.lines == ()
    assert "No crisis line of Germany has been checked" in germany.ask
    assert "112" in germany.emergency
    assert "no official page" in germany.emergency
    assert "911" in make_brief(world, "psilocybin-migraine", country_of("US")).urgent.emergency


def test_the_legal_rows_are_those_of_the_country_and_dated(world):
    for country in COUNTRIES.values():
        brief = make_brief(world, "psilocybin-migraine", country)
        assert country.phrase in brief.law.title
        for line in brief.law.lines:
            assert re.match(r"seen |undated", line.note)
        assert bool(brief.law.lines) != brief.law.blank
    assert make_brief(world, "psilocybin-migraine").law.blank


def test_law_on_amounts_is_left_out_and_said_so(world):
    law = make_brief(world, "psilocybin-migraine", country_of("CZ")).law
    assert not any("limits" in line.text for line in law.lines)
    assert "1 more about amounts" in law.more


def test_ketamine_carries_cochrane_and_the_harm_figure(world):
    for question in ("ketamine-chronic-pain", "psilocybin-migraine", "lsd-phantom-limb-pain"):
        said = " ".join(line.text for line in make_brief(world, question).options.lines)
        assert "No clear evidence that ketamine by any route lowers chronic pain" in said
        assert "risk ratio 3.26 (1.05 to 10.09)" in said
        assert "FDA warning" in said


def test_a_line_on_a_condition_is_for_that_condition_only(world):
    united_kingdom = country_of("UK")
    cluster = make_brief(world, "psilocybin-cluster-headache", united_kingdom).urgent.lines
    other = make_brief(world, "ketamine-neuropathic-pain", united_kingdom).urgent.lines
    assert any("OUCH" in line for line in cluster)
    assert not any("OUCH" in line for line in other)


def test_the_same_input_gives_the_same_bytes(world, plain):
    question = "psilocybin-phantom-limb-pain"
    again = draw.__wrapped__(make_brief(world, question), released=world.released)
    assert again.pdf == plain[question].pdf


def test_the_pdf_is_tagged_titled_and_has_no_other_font(plain):
    reader = pypdf.PdfReader(io.BytesIO(plain["psilocybin-migraine"].pdf))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "For your doctor: Does psilocybin reduce migraine days?"
    assert "2026-11-22" in str(reader.metadata.creation_date)
    assert b"pdfuaid" in root["/Metadata"].get_data()
    fonts = {
        str(f.get_object()["/BaseFont"]).split("+")[-1]
        for page in reader.pages
        for f in page["/Resources"]["/Font"].values()
    }
    assert all(f.startswith(("SourceSans3", "SourceSerif4", "Libertinus")) for f in fonts), fonts


def test_the_pages_are_black_and_white(plain):
    # Colour may carry no meaning on paper: nothing but greys is drawn.
    for question in ("psilocybin-cluster-headache", "ketamine-cancer-pain"):
        for page in pypdf.PdfReader(io.BytesIO(plain[question].pdf)).pages:
            ops = {op for _, op in page.get_contents().operations}
            assert ops & {b"g", b"sc", b"scn"}
            colours = [
                [float(x) for x in args if not isinstance(x, str)]
                for args, op in page.get_contents().operations
                if op in {b"rg", b"RG", b"sc", b"SC", b"scn", b"SCN"}
            ]
            assert all(len({round(x, 4) for x in c}) <= 1 for c in colours), question


def test_the_code_names_question_version_and_data(world):
    brief = make_brief(world, "psilocybin-migraine")
    digest = world.base.digest[:12]
    assert brief.address == f"aponia:psilocybin-migraine@{world.data_version}+{digest}"
    there = make_brief(world, "psilocybin-migraine", base_url="https://example.org/evidence/")
    assert there.address == (
        f"https://example.org/evidence/questions/psilocybin-migraine.html#v={world.data_version}+{digest}"
    )


def test_a_question_or_country_not_known_says_so(world):
    with pytest.raises(ValueError, match="no-such"):
        make_brief(world, "no-such")
    with pytest.raises(ValueError, match="Atlantis"):
        country_of("Atlantis")


def test_check_texts_lets_sources_speak_but_not_of_amounts():
    assert check_texts("x", [], quoted=["it cures"], patient=False) == []
    found = check_texts("x", [("Ketamine may reduce pain.", "low")], quoted=["5 µg"], patient=False)
    assert [f.kind for f in found] == ["names an amount of a drug"]
    assert check_texts("x", [("Ketamine may reduce pain.", "very low")], patient=False) != []
