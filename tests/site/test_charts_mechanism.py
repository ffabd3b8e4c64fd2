"""The chain and the correlations: what is drawn is what was counted, and a gap is drawn as a gap."""

from __future__ import annotations

import dataclasses
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aponia.site.charts import ChartError, correlation_plot, correlation_table, mechanism_graph
from aponia.site.charts.correlations import CorrelationPlot, CorrelationRow
from aponia.site.charts.gallery_mechanism import CHAIN, CORRELATIONS
from aponia.site.charts.mechanism_graph import GraphStep, MechanismGraph, mechanism_table
from aponia.site.charts.palette import TOKENS

LAYOUTS = ("wide", "narrow")
STATES = ("shown", "mixed", "not shown", "null", "not studied")


def step(state: str, votes: list[tuple[str, int]], label: str = "In people with pain") -> GraphStep:
    return GraphStep(label, "patient", state, state, votes, "10 people", "Does it?")


def words(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_step_is_drawn_with_its_state_and_its_counts(layout) -> None:
    said = " ".join(words(mechanism_graph(CHAIN, layout)))
    for one in CHAIN.steps:
        assert one.word in said
        for part in one.words.split(", "):
            assert part.split(" ")[0] in said
    assert "The drug" in said
    assert "Less pain" in said
    assert "41 people" in said


@pytest.mark.parametrize("layout", LAYOUTS)
def test_links_are_drawn_as_firmly_as_they_hold(layout) -> None:
    drawn = {}
    for state in STATES:
        votes = [] if state == "not studied" else [("null" if state == "null" else "supports", 1)]
        graph = MechanismGraph("A chain", "", (step(state, votes), step(state, votes)), "nothing.")
        drawn[state] = re.findall(r'<path d="M[^"]*" stroke="[^"]+" stroke-width="[^"]+"[^>]*/>', mechanism_graph(graph, layout))  # fmt: skip
    assert len({str(d) for d in drawn.values()}) == len(STATES)
    assert any('stroke-width="6"/>' in d for d in drawn["shown"])
    assert any('stroke-width="6" stroke-dasharray' in d for d in drawn["mixed"])
    # Where no study here there is no line from step to step, only two stubs.
    assert not any('stroke-width="6"' in d or "0.1 10" in d for d in drawn["not studied"])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("supports", "mixed", "null", "against", "unclear")), st.integers(0, 2)
        ),
        min_size=1,
        max_size=24,
    )
)
def test_one_mark_a_study(votes) -> None:
    # Each vote draws exactly one shape more than the same chain without it.
    def marks(found):
        graph = MechanismGraph("A chain", "", (step("mixed", found), step("mixed", [("null", 1)])), "nothing.")  # fmt: skip
        svg = mechanism_graph(graph, "narrow")
        discs = len(re.findall(rf'<circle [^>]*fill="{TOKENS["accent"]}"/>', svg))
        rings = len(re.findall(rf'<circle [^>]*stroke="{TOKENS["ink-2"]}"', svg))
        crosses = svg.count(f'stroke="{TOKENS["harm"]}"')
        return discs, rings, crosses

    one = [("supports", 1)]
    base, with_votes = marks(one), marks(one + votes)
    count = {v: sum(d == v for d, _ in votes) for v in ("supports", "null", "against")}
    assert with_votes[0] - base[0] == count["supports"]
    assert with_votes[1] - base[1] == count["null"]
    assert with_votes[2] - base[2] == count["against"]


def test_the_table_holds_every_link_and_the_direct_way() -> None:
    table = mechanism_table(CHAIN)
    assert len(table.rows) == len(CHAIN.steps) + 1
    assert table.rows[1].cells[2] == "2 for, 1 mixed, 3 no difference, 1 against"
    assert table.rows[3].cells[1:3] == ("no study here", "no study")
    assert table.rows[-1].cells[-1] == CHAIN.direct


def test_the_description_tells_the_whole_chain() -> None:
    text = ElementTree.fromstring(mechanism_graph(CHAIN))[1].text or ""
    assert "disputed (2 for, 1 mixed, 3 no difference, 1 against; 196 people" in text
    assert "no study here." in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"votes": [("maybe", 1)]}, "among"),
        ({"votes": [("supports", 3)]}, "weight"),
        ({"votes": []}, "0 studies"),
        ({"state": "not studied"}, "1 studies"),
    ],
)
def test_a_step_that_contradicts_itself_is_refused(change, message) -> None:
    sound = step("shown", [("supports", 1)])
    with pytest.raises(ChartError, match=message):
        dataclasses.replace(sound, **change)


def test_a_chain_of_one_link_is_refused() -> None:
    with pytest.raises(ChartError, match="two links"):
        MechanismGraph("A chain", "", (step("shown", [("supports", 1)]),), "nothing.")


# ---- correlations


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_link_without_a_figure_has_no_dot(layout) -> None:
    row = CorrelationRow("A", "mood; 10 people", "no link seen", open_range=(-0.63, 0.63))
    svg = correlation_plot(CorrelationPlot("T", "s", (row,)), layout)
    assert "<circle" not in svg
    assert "Not an estimate" in " ".join(words(svg))
    assert "<circle" in correlation_plot(CORRELATIONS, layout)


def test_the_table_keeps_what_is_printed_apart_from_what_is_worked_out() -> None:
    rows = [r.cells for r in correlation_table(CORRELATIONS).rows if r.kind != "group"]
    assert rows[0][2:] == ("−0.81 (−0.95 to −0.37)", "–")
    assert rows[1][2:] == ("no link seen; no figure printed", "−0.63 to 0.63")
    assert rows[2][2:] == ("0.57, no interval", "–")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"r": 1.2}, "not a correlation"),
        ({"r": 0.2, "open_range": (-0.5, 0.5)}, "leaves no range"),
        ({}, "neither"),
        ({"r": 0.2, "ci": (0.3, 0.5)}, "outside"),
    ],
)
def test_a_row_that_can_not_be_drawn_truthfully_is_refused(fields, message) -> None:
    with pytest.raises(ChartError, match=message):
        CorrelationRow("A", "mood", **fields)


def test_groups_must_follow_each_other() -> None:
    rows = [CorrelationRow(f"S{i}", "mood", r=0.1, group=g) for i, g in enumerate("aba")]
    with pytest.raises(ChartError, match="follow each other"):
        CorrelationPlot("T", "s", rows)
