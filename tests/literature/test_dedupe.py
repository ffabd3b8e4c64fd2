"""One publication in several databases is found; what only looks alike is kept apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.literature import Record
from aponia.literature.dedupe import against_gold, dedupe
from aponia.literature.dedupe.blocking import candidate_pairs
from aponia.literature.dedupe.prepare import prepare

PAPER = Record(
    "p", title="Psilocybin for the preventive treatment of cluster headache", authors=("Schindler, Emmanuelle A.", "Sewell, R. A."),
    year=2022, journal="Headache", volume="62", issue="10", pages="1461-1473", doi="10.1111/head.14420", pmid="36416492",
)  # fmt: skip


def groups(*records: Record) -> list[list[str]]:
    named = [replace(r, id=str(i)) for i, r in enumerate(records)]
    return [[r.id for r in p.records] for p in dedupe(named).publications]


@pytest.mark.parametrize(
    "other",
    [
        replace(PAPER, title=PAPER.title.upper() + ".", doi="", pmid=""),
        replace(PAPER, doi="", pmid="", pages="1461-73", journal="Headache: The Journal of Head and Face Pain"),
        replace(PAPER, doi="", pmid="", authors=("Schindler EA", "Sewell RA"), issue=""),
        replace(PAPER, doi="", pmid="", title="Psilocibin for the preventive treatment of clusterheadache"),
        replace(PAPER, doi="", pmid="", title="[Psilocybin zur Vorbeugung von Cluster-Kopfschmerz]"),
        replace(PAPER, doi="", pmid="", volume="", pages="", issue="", year=2022),
        replace(PAPER, title="", authors=(), pages="", volume="", issue=""),
        replace(PAPER, doi="", pmid="", title="RETRACTED ARTICLE: " + PAPER.title),
        replace(PAPER, doi="", pmid="", title=PAPER.title + " [see comments]"),
        replace(PAPER, doi="", pmid="", authors=("Emmanuelle, Schindler", "Sewell, R")),
        replace(PAPER, doi="", pmid="", year=2023),
    ],
)  # fmt: skip
def test_the_same_paper_from_another_database(other: Record) -> None:
    assert groups(PAPER, other) == [["0", "1"]]


@pytest.mark.parametrize(
    "other",
    [
        replace(PAPER, doi="10.1111/head.99999", pmid="", title="Erratum: " + PAPER.title, pages="1600"),
        replace(PAPER, doi="", pmid="", journal="Neurology", volume="98", issue="18 Suppl", pages="S12", year=2022),
        replace(PAPER, doi="10.1/other", pmid="1234567", title=PAPER.title + ": part II", pages="1474-1480"),
        replace(PAPER, doi="", pmid="", title=PAPER.title + ": protocol for a randomised trial", journal="BMJ Open", volume="10", pages="e1", year=2020),
        replace(PAPER, doi="", pmid="", title="Reply to: " + PAPER.title, pages="1500", authors=("Doe, J",)),
        replace(PAPER, doi="", pmid="", title=PAPER.title + " (vol 62, pg 1461, 2022)", pages="1600"),
        replace(PAPER, doi="", pmid="", title="Reply to: " + PAPER.title, pages="1500"),
        replace(PAPER, doi="", pmid="", title=PAPER.title + ". Part II", pages="1480-1490"),
        replace(PAPER, doi="10.1101/2021.01.02.21249999", pmid="", journal="medRxiv", volume="", issue="", pages="", year=2021),
        replace(PAPER, doi="", pmid="", journal="medRxiv", volume="", issue="", pages=""),
        replace(PAPER, doi="", pmid="", year=2023, volume="63", pages="1500-1512"),
        replace(PAPER, doi="", pmid="", journal="Cephalalgia", volume="", issue="", pages="", year=2022),
        replace(PAPER, doi="", pmid="", journal="https://clinicaltrials.gov/show/NCT02981173", volume="", issue="", pages=""),
        replace(PAPER, doi="", pmid="", pages="1480-1492", language="Spanish", title="[Psilocibina para el tratamiento preventivo de la cefalea en racimos]"),
        Record("r", title=PAPER.title, authors=("Yale University",), year=2017, journal="ClinicalTrials.gov", types=("Trial Registration",), registrations=("NCT02981173",), nct="NCT02981173"),
    ],
)  # fmt: skip
def test_other_reports_are_not_duplicates(other: Record) -> None:
    assert groups(PAPER, other) == [["0"], ["1"]]


def test_years_of_a_series_and_two_errata_stay_apart() -> None:
    report = replace(
        PAPER, title="Annual report of the national headache register", doi="", pmid=""
    )
    series = [replace(report, year=2018 + i, volume=str(58 + i)) for i in range(4)]
    assert groups(*series) == [["0"], ["1"], ["2"], ["3"]]
    erratum = replace(PAPER, title="Erratum: " + PAPER.title, doi="", pmid="", pages="1600")
    assert groups(erratum, replace(erratum, pages="1711")) == [["0"], ["1"]]


def test_a_link_says_what_the_other_report_is() -> None:
    preprint = replace(
        PAPER, id="m", doi="", pmid="", journal="medRxiv", volume="", issue="", pages=""
    )
    assert dedupe([PAPER, preprint]).links[0].because == "one is a preprint of the other"


def test_a_merge_is_undone_by_telling_its_pair_apart() -> None:
    copies = [replace(PAPER, id=str(i), source=f"database {i}") for i in range(4)]
    found = dedupe(copies).publications[0]
    assert len(found.merges) == 3
    assert found.records == tuple(copies)
    # Told apart, the two do not come together again through the others.
    parted = dedupe(copies, apart=[("0", "3")]).publications
    together = {frozenset(r.id for r in p.records) for p in parted}
    assert not any({"0", "3"} <= group for group in together)
    assert sum(map(len, together)) == 4
    with pytest.raises(ValueError, match="no record has the id 'x'"):
        dedupe(copies, apart=[("0", "x")])


def test_reports_of_one_study_are_linked_not_merged() -> None:
    abstract = replace(
        PAPER, id="a", doi="", pmid="", journal="Neurology", volume="98", issue="18", pages="S12"
    )
    trial = Record("t", title="Repeat dosing", journal="ClinicalTrials.gov", types=("Trial Registration",), registrations=("NCT02981173",), nct="NCT02981173")  # fmt: skip
    paper = replace(PAPER, registrations=("NCT02981173",))
    result = dedupe([paper, abstract, trial])
    assert [len(p.records) for p in result.publications] == [1, 1, 1]
    assert {(x.a, x.b) for x in result.links} == {("p", "a"), ("p", "t")}


def test_editorials_of_one_title_stay_apart() -> None:
    series = [
        Record(str(i), title="Editorial Introduction", authors=("Zwass, V",), year=2000 + i // 4, journal="J Manag Inf Syst",
               volume=str(20 + i // 4), issue=str(i % 4 + 1), pages="5-6", doi=f"10.1/{i}") for i in range(12)
    ]  # fmt: skip
    assert dedupe(series).removed == 0
    assert dedupe([replace(r, doi="") for r in series]).removed == 0


def test_a_merge_says_why_and_keeps_every_source() -> None:
    other = replace(
        PAPER,
        id="q",
        doi="",
        pmid="",
        abstract="We gave psilocybin.",
        source="Embase",
        file="e.ris",
        line=7,
    )
    result = dedupe([PAPER, other])
    told = result.to_dict()
    assert told["clusters"][0]["records"] == ["p", "q"]
    assert "same title" in told["clusters"][0]["merges"][0]["because"]
    assert told["clusters"][0]["sources"][1] == {
        "id": "q",
        "file": "e.ris",
        "line": 7,
        "source": "Embase",
    }
    best = result.publications[0].best
    assert (best.abstract, best.doi) == ("We gave psilocybin.", PAPER.doi)
    assert result.publications[0].records == (PAPER, other)


def test_a_chain_of_likeness_does_not_join_what_differs() -> None:
    vague = Record("v", title=PAPER.title, authors=PAPER.authors, year=2022)
    other = replace(
        PAPER,
        id="o",
        journal="Neurology",
        volume="98",
        issue="1",
        pages="12-15",
        doi="10.1/x",
        pmid="1",
    )
    result = dedupe([PAPER, vague, other])
    together = {frozenset(r.id for r in p.records) for p in result.publications}
    assert not any({"p", "o"} <= group for group in together)


def test_gold_counts_are_those_of_the_published_convention() -> None:
    scores = against_gold([[0, 1, 2], [3], [4, 5]], ["a", "a", "b", "a", "c", "c"])
    assert (scores["tp"], scores["fp"], scores["fn"], scores["tn"]) == (2, 1, 1, 2)
    assert scores["pair_precision"] == pytest.approx(2 / 4)
    assert scores["pair_recall"] == pytest.approx(2 / 4)


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_outcome_does_not_depend_on_the_order(order: list[int]) -> None:
    records = [
        PAPER, replace(PAPER, id="1", doi="", pmid=""), replace(PAPER, id="2", title="Ketamine in chronic pain: a review", doi="", pmid="", pages="1-9"),
        replace(PAPER, id="3", doi="", pages="1461-73"), replace(PAPER, id="4", journal="Neurology", volume="98", issue="3", pages="9", doi="", pmid=""),
        replace(PAPER, id="5", title="Ketamine in chronic pain : a review.", doi="", pmid="", pages="1-9"),
    ]  # fmt: skip
    expected = {frozenset(r.id for r in p.records) for p in dedupe(records).publications}
    assert {
        frozenset(r.id for r in p.records) for p in dedupe([records[i] for i in order]).publications
    } == expected


def test_pairs_grow_with_the_records_not_with_their_square() -> None:
    def many(n: int) -> int:
        records = [
            Record(str(i), title="Editorial", year=2000, journal="J", volume="1", pages=str(i % 7))
            for i in range(n)
        ]
        return len(candidate_pairs(prepare(records)))

    assert many(4000) < 3 * many(2000)


def test_nothing_and_one_record() -> None:
    assert dedupe([]).publications == []
    assert dedupe([PAPER]).removed == 0
