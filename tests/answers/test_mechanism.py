"""The chain of a mechanism: judged by one rule, from the studies alone, and never bolder than they are."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aponia import evidence
from aponia.answers import answer_all
from aponia.answers.guard import sentence_strength
from aponia.answers.mechanism import CHAIN, MECHANISMS, ChainLink, chain
from aponia.answers.mechanism_direct import direct
from aponia.answers.mechanism_relations import fisher_interval, relation
from aponia.answers.mechanism_rule import LinkState, Vote, combine, link_state, weight
from aponia.answers.mechanism_words import (
    chain_title,
    counts_words,
    direct_sentence,
    experience_title,
    ketamine_sentence,
    link_sentence,
    link_title,
    missing_sentences,
    people_words,
    relation_title,
    state_word,
)

DIRECTIONS = ("supports", "null", "against", "mixed", "unclear")
votes = st.lists(st.builds(Vote, st.sampled_from(DIRECTIONS), st.integers(0, 2)), max_size=12)


@pytest.fixture(scope="module")
def base():
    return evidence.load()


def made(link: str, *pairs: tuple[str, int]) -> ChainLink:
    """A link with votes of our own and no findings behind them."""
    cast = {f"s{i}": Vote(d, w) for i, (d, w) in enumerate(pairs)}
    return ChainLink(link, "psychedelic", link_state(tuple(cast.values())), cast, ())


# ---- the rule


@given(votes, st.sampled_from(("null", "against")), st.integers(0, 2))
def test_a_study_without_the_effect_never_strengthens_a_link(found, direction, carries):
    before, after = link_state(found), link_state([*found, Vote(direction, carries)])
    assert after.strength <= before.strength


@given(votes, st.integers(0, 2))
def test_a_study_with_the_effect_never_weakens_a_link(found, carries):
    before, after = link_state(found), link_state([*found, Vote("supports", carries)])
    assert after.strength >= before.strength


@given(votes, st.randoms(use_true_random=False))
def test_the_order_of_studies_is_of_no_importance(found, chance):
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert link_state(shuffled) is link_state(found)


@given(votes)
def test_what_has_no_comparison_can_not_show_a_link_however_often(found):
    weightless = [Vote(v.direction, 0) for v in found]
    assert link_state(weightless) not in (LinkState.SHOWN, LinkState.MIXED)


@given(votes)
def test_shown_means_nothing_speaks_against_it(found):
    if link_state(found) is LinkState.SHOWN:
        assert {v.direction for v in found} <= {"supports", "unclear"}


@pytest.mark.parametrize(
    ("pairs", "state"),
    [
        ([], "not studied"),
        ([("supports", 1)], "not shown"),
        ([("supports", 1), ("supports", 1)], "shown"),
        ([("supports", 2)], "shown"),
        ([("supports", 0)] * 9, "not shown"),
        ([("supports", 1), ("supports", 1), ("null", 0)], "mixed"),
        ([("mixed", 1), ("mixed", 1)], "mixed"),
        ([("mixed", 1)], "not shown"),
        ([("null", 1)], "null"),
        ([("against", 0), ("unclear", 2)], "null"),
        ([("unclear", 2)], "not shown"),
        ([("supports", 0), ("null", 1), ("null", 1)], "not shown"),
    ],
)
def test_states_of_known_links(pairs, state):
    assert link_state([Vote(d, w) for d, w in pairs]).value == state


@given(st.lists(st.sampled_from(DIRECTIONS), min_size=1))
def test_one_study_is_one_direction_whatever_the_order_of_its_findings(found):
    assert combine(found) == combine(reversed(found))
    if {"supports", "null"} <= set(found) or {"supports", "against"} <= set(found):
        assert combine(found) == "mixed"


def test_a_study_without_findings_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        combine([])


# ---- the base


def test_second_hand_and_uncontrolled_work_weighs_nothing(base):
    weights = {
        key: weight(base.studies[key])
        for key in (
            "hammo-2025-psilocybin-mouse-chronic-pain",  # mice, but known from the press
            "zeidan-2025-phantom-limb-pain-psilocybin",  # randomised, but told to the press
            "madsen-2024-cluster-headache",
            "burmester-2023-psilocybin-inflammation",
            "siegel-2024-psilocybin-connectivity",  # crossover against methylphenidate
            "ley-2023-mescaline-lsd-psilocybin",
            "calder-2024-bdnf-meta",
        )
    }
    assert list(weights.values()) == [0, 0, 0, 0, 1, 1, 2]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_finding_of_a_mechanism_is_shown_once(base, mechanism):
    found = chain(base, mechanism)
    shown = [
        f.row.id
        for links in (found.links, found.ketamine)
        for link in links.values()
        for f in link.findings
    ] + [f.row.id for f in found.beside]
    rows = [r.id for r in base.mechanism_findings if r.mechanism == mechanism]
    assert sorted(shown) == sorted(rows)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_order_of_the_table_is_of_no_importance(base, mechanism):
    rows = list(base.mechanism_findings)
    random.Random(1).shuffle(rows)
    other = chain(base.__class__(**{**vars(base), "mechanism_findings": tuple(rows)}), mechanism)
    for key, link in chain(base, mechanism).links.items():
        assert other.links[key].state is link.state
        assert other.links[key].votes == link.votes
        assert other.links[key].people == link.people


def test_each_idea_breaks_where_the_records_break(base):
    states = {m: [chain(base, m).links[k].state.value for k in CHAIN] for m in MECHANISMS}
    assert states == {
        "plasticity": ["shown", "not shown", "mixed", "not shown", "not shown"],
        "inflammation": ["mixed", "not studied", "mixed", "not studied", "not studied"],
        "affective": ["shown", "not shown", "mixed", "not shown", "null"],
    }


def test_ketamine_is_kept_out_of_the_chain_of_psychedelics(base):
    for mechanism in MECHANISMS:
        found = chain(base, mechanism)
        for link in found.links.values():
            assert not any(
                set(f.row.substances) <= {"ketamine", "esketamine"} for f in link.findings
            )
    assert "dale-2012-ketamine-il6-meta" in chain(base, "inflammation").ketamine["volunteers"].votes


def test_a_study_of_many_findings_counts_once_with_its_people(base):
    link = chain(base, "inflammation").links["volunteers"]
    assert link.votes["mason-2023-psilocybin-immune"] == Vote("mixed", 1)
    assert sum(f.study.id == "mason-2023-psilocybin-immune" for f in link.findings) == 6
    assert link.people == 60 + 16 + 73 + 11


def test_the_index_and_the_findings_tell_the_same_direction(base):
    # The index has one direction a study; the findings on the mechanism's own links must not oppose it.
    themes = {"neuroplasticity": "plasticity", "inflammation": "inflammation"}
    for entry in base.mechanism_index:
        for theme, mechanism in themes.items():
            if theme not in entry.themes or entry.direction not in ("supports", "against"):
                continue
            mine = [
                r.direction
                for r in base.mechanism_findings
                if r.study == entry.study
                and r.mechanism == mechanism
                and r.link in ("animals", "volunteers", "patients")
            ]
            assert mine, entry.id
            told = combine(mine)
            opposite = ("null", "against") if entry.direction == "supports" else ("supports",)
            assert told not in opposite, entry.id


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("link", CHAIN)
def test_one_more_finding_of_nothing_never_strengthens_a_link_of_the_base(base, mechanism, link):
    # Whoever adds it: a study new to the link, or one that supported it until now.
    before = chain(base, mechanism).links[link]
    some = next(r for r in base.mechanism_findings if r.mechanism == mechanism)
    for study in ("schindler-2021-migraine", "ley-2023-mescaline-lsd-psilocybin", *before.votes):
        row = some.model_copy(
            update={
                "id": "new",
                "study": study,
                "link": link,
                "substances": ("psilocybin",),
                "direction": "null",
                "part": "findings[0]",
            }
        )
        more = base.__class__(
            **{**vars(base), "mechanism_findings": (*base.mechanism_findings, row)}
        )
        after = chain(more, mechanism).links[link]
        assert after.state.strength <= before.state.strength
        assert after.state is not LinkState.NOT_STUDIED
        assert after.state is not LinkState.SHOWN


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_chain_can_be_read_by_a_program(base, mechanism):
    found = chain(base, mechanism)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["mechanism"] == mechanism
    assert [link["link"] for link in data["links"]] == list(CHAIN)
    for link in data["links"]:
        whole = found.links[link["link"]]
        assert (link["state"], link["people"]) == (whole.state.value, whole.people)
        assert sum(link["counts"].values()) == len(link["studies"]) == len(whole.votes)
        assert {f["study"] for f in link["findings"]} == set(whole.votes)


def test_an_unknown_mechanism_is_refused(base):
    with pytest.raises(ValueError, match="no mechanism"):
        chain(base, "quantum")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_base_that_holds_nothing_of_a_mechanism_says_so(base, mechanism):
    empty = base.__class__(**{**vars(base), "mechanism_findings": ()})
    found = chain(empty, mechanism)
    assert {link.state for link in found.links.values()} == {LinkState.NOT_STUDIED}
    assert "no study here has tied it to relief" in chain_title(found)
    assert all(m.startswith("No ") for m in missing_sentences(found))


def test_pain_itself_is_told_with_the_certainty_of_the_answers(base):
    answers = answer_all(base)
    found = direct(base, answers, "psychedelic")
    assert found.trials == (
        "schindler-2022-cluster-headache",
        "schindler-2025-migraine-repeat-dose",
        "zeidan-2025-phantom-limb-pain-psilocybin",
    )
    assert (found.people, found.best) == (14 + 18 + 9, "very low")
    assert "very uncertain" in direct_sentence(found)
    ketamine = direct(base, answers, "ketamine")
    assert not set(ketamine.trials) & set(found.trials)
    assert len(ketamine.trials) > 20


# ---- correlations


@pytest.mark.parametrize(
    ("r", "n", "low", "high"),
    [
        (-0.81, 10, -0.953, -0.368),
        (0.5, 28, 0.156, 0.736),  # worked out by hand from z = 0.5493, se = 0.2
        (0.0, 10, -0.630, 0.630),
        (0.0, 14, -0.532, 0.532),
    ],
)
def test_fisher_interval(r, n, low, high):
    assert fisher_interval(r, n) == pytest.approx((low, high), abs=0.002)


@given(st.floats(-0.99, 0.99), st.integers(4, 5000))
def test_the_interval_holds_the_coefficient_and_narrows_with_people(r, n):
    low, high = fisher_interval(r, n)
    assert -1 <= low <= r <= high <= 1
    tighter = fisher_interval(r, n + 50)
    assert tighter[0] >= low
    assert tighter[1] <= high


def test_no_interval_for_three_people_and_none_for_a_perfect_line():
    assert fisher_interval(0.5, 3) is None
    with pytest.raises(ValueError, match="not a correlation"):
        fisher_interval(1.0, 10)


def test_relations_are_read_from_the_records(base):
    plastic = {
        f.study.id: relation(f) for f in chain(base, "plasticity").links["together"].findings
    }
    madsen = plastic["madsen-2024-cluster-headache"]
    assert (madsen.r, madsen.kind, madsen.n) == (-0.81, "r", 10)
    assert madsen.interval == pytest.approx((-0.95, -0.37), abs=0.005)
    assert madsen.open_range is None
    press = plastic["zeidan-2025-phantom-limb-pain-psilocybin"]
    assert (press.r, press.interval, press.open_range) == (None, None, None)
    galvao = next(
        relation(f)
        for f in chain(base, "inflammation").beside
        if f.study.id == "galvao-coelho-2020-ayahuasca-crp"
    )
    assert (galvao.r, galvao.kind, galvao.n, galvao.interval) == (0.57, "rho", None, None)


def test_a_relation_told_without_a_figure_gets_no_estimate_only_what_it_leaves_open(base):
    acute = [relation(f) for f in chain(base, "experience").links["together"].findings]
    assert [r.finding.study.id for r in acute] == [
        "schindler-2022-cluster-headache",
        "schindler-2021-migraine",
    ]
    assert all(r.r is None and r.interval is None for r in acute)
    assert acute[1].open_range == pytest.approx((-0.63, 0.63), abs=0.005)
    mood = chain(base, "affective").links["together"].findings
    assert relation(mood[0]).open_range is None  # a survey of recalled answers


# ---- words


def texts(base):
    for mechanism in MECHANISMS:
        found = chain(base, mechanism)
        yield chain_title(found) + "."
        yield ketamine_sentence(found)
        yield from missing_sentences(found)
        for link in found.links.values():
            if link.link in CHAIN:
                yield link_sentence(mechanism, link)
                yield people_words(link) + "."


def test_no_sentence_claims_an_effect_on_pain(base):
    for text in texts(base):
        for sentence in re.split(r"(?<=[.?!])\s+", text):
            assert sentence_strength(sentence) is None, sentence
        assert not re.search(r"\b(proven|proves|cures?|no effect|safe)\b", text, re.IGNORECASE)


def test_titles_tell_where_each_chain_breaks(base):
    assert [chain_title(chain(base, m)) for m in MECHANISMS] == [
        "Seen in cells and animals, disputed in people without pain; in people with pain, only hints tie it to relief",
        "Disputed in cells and animals and in people without pain; in people with pain, no study here has tied it to relief",
        "Seen in animals, disputed in people without pain; in people with pain, one study looked for a tie to relief and saw none",
    ]


def test_the_missing_link_is_named(base):
    missing = {m: missing_sentences(chain(base, m)) for m in MECHANISMS}
    assert missing["plasticity"][0] == (
        "No study in this base measured BDNF or an EEG index of plasticity and pain in the same people and related the two."
    )
    assert "CRP" in missing["inflammation"][0]
    assert "No randomised trial" in missing["affective"][0]
    assert "change in mood to a change in pain" in missing["affective"][0]


@pytest.mark.parametrize("link", CHAIN)
@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ((), "No study in this base looked"),
        ((("supports", 1), ("supports", 1)), "none in this base failed to see it"),
        ((("supports", 2), ("null", 1)), "Studies disagree"),
        ((("mixed", 1), ("mixed", 1)), "No study plainly saw"),
        ((("null", 1),), "was not seen. Something not seen in so little work may still be there"),
        ((("supports", 1),), "Hints only"),
        ((("supports", 0), ("null", 1)), "that did not"),
    ],
)
def test_the_state_decides_the_sentence(link, pairs, words):
    for mechanism in MECHANISMS:
        assert words in link_sentence(mechanism, made(link, *pairs))


def test_what_was_measured_but_not_told_is_no_hint():
    link = made("patients", ("unclear", 0), ("unclear", 0))
    assert link.state is LinkState.NOT_SHOWN
    assert state_word(link) == "result not told"
    assert "does not say which way" in link_sentence("plasticity", link)


def test_cells_are_named_only_where_cells_were_studied(base):
    assert link_title(chain(base, "plasticity").links["animals"]) == "In cells and animals"
    assert link_title(chain(base, "affective").links["animals"]) == "In animals"


def test_counts_are_told_by_direction(base):
    assert (
        counts_words(chain(base, "plasticity").links["volunteers"])
        == "2 for, 1 mixed, 3 no difference, 1 against"
    )
    assert counts_words(made("patients")) == "no study"


def test_titles_of_relations_count_what_they_rest_on():
    assert experience_title(["null", "null", "null"]).startswith("In three small studies")
    assert "one study and did not in two studies" in experience_title(["null", "supports", "null"])
    assert experience_title(["unclear"]).startswith("Nobody")
    assert (
        relation_title(2, 1) == "Two studies told whether they went together; one printed a figure"
    )
