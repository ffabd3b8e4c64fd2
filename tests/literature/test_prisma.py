"""The flow diagram: every record is in exactly one box, and the drawing is sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from aponia.literature.prisma import Flow, Stream, flow, to_svg
from aponia.literature.prisma_drawing import COLOURS
from aponia.literature.store import Review, Settings, joining, open_database

TITLES = {
    "alpha": "Psilocybin for cluster headache attacks", "beta": "Ketamine infusions in neuropathic pain",
    "gamma": "Lysergide and phantom limb relief after amputation", "delta": "Asthma education in rural primary schools",
    "epsilon": "Surgical repair of inguinal hernia in infants", "zeta": "Soil nitrogen under winter wheat",
    "eta": "Cochlear implants and speech in toddlers", "theta": "Copper stress in freshwater mussels",
    "iota": "A register of stroke units across Norway", "kappa": "Mindfulness by telephone for carers",
    "lambda": "Night shifts and blood pressure of nurses", "omicron": "Dental caries among refugees",
    "sigma": "Wildfire smoke exposure and birth weight", "upsilon": "Machine reading of retinal photographs",
    "omega": "Yoga against low back stiffness",
}  # fmt: skip
WORDS = list(TITLES)[:10]


def ris(words: list[str], source: str) -> str:
    return "".join(
        f"TY  - JOUR\nTI  - {TITLES[w]}\nAU  - Doe, {w}\nPY  - {1980 + k}\nJF  - Journal of {w}\nVL  - {k + 1}\nSP  - {10 * k + 1}\nDB  - {source}\nER  - \n"
        for w in words
        for k in [WORDS.index(w)]
    )


def review_of(url: str, folder: Path) -> Review:
    review = Review(open_database(url), "r")
    for name, words, kind in (("Embase", WORDS[:6], ""), ("Scopus", WORDS[3:8], ""), ("ClinicalTrials.gov", WORDS[8:9], ""), ("Reference lists", WORDS[7:], "citation searching")):  # fmt: skip
        path = folder / f"{name}.ris"
        path.write_text(ris(words, name))
        review.add_file(path, kind=kind)
    return review


def check(s: Stream) -> None:
    assert s.identified == s.duplicates + s.automation + s.other_reasons + s.screened + s.awaiting_screening  # fmt: skip
    assert s.screened == s.excluded + s.sought
    assert s.sought == s.not_retrieved + s.assessed + s.awaiting_assessment
    assert s.assessed == sum(s.reasons.values()) + s.included_reports
    assert s.excluded == sum(s.excluded_reasons.values())


def test_a_whole_review_counted(database: str, tmp_path: Path) -> None:
    review = review_of(database, tmp_path)
    at = {
        w: n
        for n, p in review.publications().items()
        for w in WORDS
        if TITLES[w] == p.records[0].title
    }
    review.remove([at["zeta"]], "ann", reason="retracted")
    for word in ("alpha", "beta", "gamma", "delta", "iota", "kappa"):
        for who in ("ann", "bob"):
            review.decide(at[word], who, "exclude" if word == "delta" else "include", reason="animals")  # fmt: skip
    review.decide(at["epsilon"], "ann", "include")
    review.remove([at["eta"], at["theta"]], "ann", kind="automation", reason="rule")
    for who in ("ann", "bob"):
        review.decide(at["alpha"], who, "include", stage="full-text")
        review.decide(at["beta"], who, "include", stage="full-text")
        review.decide(at["gamma"], who, "exclude", stage="full-text", reason="wrong <population> & age")  # fmt: skip
        review.decide(at["iota"], who, "not-retrieved", stage="full-text")
        review.decide(at["kappa"], who, "include", stage="full-text")
    joining.link(review, at["alpha"], at["beta"], who="ann")
    counted = flow(review)
    assert (counted.databases, counted.registers) == (
        {"Embase": 6, "Scopus": 5},
        {"ClinicalTrials.gov": 1},
    )
    m = counted.main
    # "theta" and "iota" came from the reference lists too, but a database or register held them first.
    assert (m.identified, m.duplicates, m.automation, m.other_reasons) == (12, 3, 2, 1)
    assert (m.screened, m.excluded, m.awaiting_screening) == (5, 1, 1)
    assert (m.sought, m.not_retrieved, m.assessed, m.included_reports) == (4, 1, 3, 2)
    assert m.reasons == {"wrong <population> & age": 1}
    assert counted.other.sources == {"Citation searching: Reference lists": 3}
    assert (counted.other.duplicates, counted.other.included_reports) == (2, 1)
    assert (counted.included_reports, counted.included_studies) == (3, 2)
    check(counted.main)
    check(counted.other)
    review.configure("ann", criteria="", reviewers_needed=2, settings=Settings(previous_studies=7, previous_reports=9))  # fmt: skip
    again = flow(review)
    assert (again.total_studies, again.total_reports) == (9, 12)
    drawing = etree.fromstring(to_svg(again).encode())
    text = " ".join(str(t) for t in drawing.itertext())
    for words in (
        "Previous studies", "Duplicate records removed (n = 3)", "wrong <population> & age (n = 1)", "other methods",
        "Reports not retrieved (n = 1)", "Records removed for other reasons (n = 1)",
    ):  # fmt: skip
        assert words in " ".join(text.split()), words
    review.engine.dispose()


_WHO = st.sampled_from(["ann", "bob", "cyd"])
_STEP = st.tuples(
    st.integers(0, 9),
    _WHO,
    st.sampled_from(["include", "exclude", "unsure", "not-retrieved", "undo", "remove", "resolve"]),
    st.booleans(),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prisma")
    review = review_of(f"sqlite:///{folder}/t.sqlite", folder)
    review.engine.dispose()
    return folder / "t.sqlite"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_STEP, max_size=40))  # fmt: skip
def test_whatever_people_do_every_record_is_in_one_box(
    template: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str, str, bool]]
) -> None:  # fmt: skip
    import shutil

    copy = tmp_path_factory.mktemp("case") / "c.sqlite"
    shutil.copy(template, copy)
    engine = open_database(f"sqlite:///{copy}")
    review = Review(engine, "r")
    for n, who, what, full in steps:
        stage = "full-text" if full else "title-abstract"
        try:
            if what == "undo":
                review.undo(n + 1, who, stage=stage)
            elif what == "remove":
                review.remove([n + 1], who, reason="x")
            else:
                verdict = "exclude" if what == "resolve" else what
                review.decide(n + 1, who, verdict, stage=stage, reason="r", resolves=what == "resolve")  # fmt: skip
        except ValueError:
            continue
    counted = flow(review)
    check(counted.main)
    check(counted.other)
    assert len(review.audit_trail()) >= 5
    engine.dispose()


def _stream(**numbers: int) -> Stream:
    return Stream(sources={"A rather long name of a bibliographic database": 12}, reasons={"A reason " * 20: 3}, **numbers)  # fmt: skip


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("other", [False, True])
@pytest.mark.parametrize("previous", [None, 4])
def test_the_four_forms_of_the_statement_are_drawn(
    narrow: bool, other: bool, previous: int | None
) -> None:
    numbers = Flow({"Embase": 3}, {}, _stream(screened=3), _stream() if other else Stream(), 2, 1, previous, previous)  # fmt: skip
    text = to_svg(numbers, narrow=narrow)
    drawing = etree.fromstring(text.encode())
    width, height = (float(x) for x in drawing.get("viewBox").split()[2:])
    space = "{http://www.w3.org/2000/svg}"
    for box in drawing.iter(f"{space}rect"):
        x, y, w, h = (float(box.get(k)) for k in ("x", "y", "width", "height"))
        assert x >= 0 and x + w <= width and y >= 0 and y + h <= height  # noqa: PT018
    for line in drawing.iter(f"{space}tspan"):
        assert float(line.get("y")) <= height
    assert ("previous version" in " ".join(text.split())) == (previous is not None)
    assert ("via other methods" in text) == other
    # It stands alone and may stand in a page: no style, script, link or id.
    assert not {"style", "script", "a", "use", "image"} & {e.tag.rpartition("}")[2] for e in drawing.iter()}  # fmt: skip
    assert not [e for e in drawing.iter() if e.get("id") or e.get("style") or e.get("href")]


def test_the_colours_are_those_the_pages_know_in_the_dark() -> None:
    from aponia.site.charts.palette import TOKENS

    assert set(COLOURS.values()) <= set(TOKENS.values())
