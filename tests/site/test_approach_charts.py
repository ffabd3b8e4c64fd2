"""Charts of the approach pages: right marks for the numbers given, small, themable, readable on a phone."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.site.charts import ChartError
from aponia.site.charts.arms_strip import (
    ArmLane,
    ArmPoint,
    ArmsStrip,
    BandLane,
    DoseSpan,
    arms_figure,
    arms_strip,
    arms_table,
)
from aponia.site.charts.exposure_curves import (
    ExposureCurves,
    ExposureSeries,
    Level,
    exposure_curves,
    exposure_figure,
    exposure_table,
)
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.range_dots import DotRow, RangeDots, dots_chart, dots_figure, dots_table

HOURS = tuple(i / 4 for i in range(49))


def series(label: str, height: float, band: bool = True) -> ExposureSeries:
    median = tuple(height * t * math.exp(-t / 2) for t in HOURS)
    return ExposureSeries(
        label, HOURS, median, tuple(0.5 * v for v in median) if band else None,
        tuple(2 * v for v in median) if band else None, "2 arms of trials",
    )  # fmt: skip


CURVES = ExposureCurves(
    "It peaks at 2 h", "drug in plasma, ng/mL", [series("25 mg", 20), series("10 mg", 8, band=False)],
    "ng/mL", (Level(12.0, "measured in 4 people: 12"),),
)  # fmt: skip
CLOSE = ExposureCurves(
    "They lie close", "occupancy, %", [series("25 mg", 30), series("24 mg", 29), series("23 mg", 28)],
    "%", top=100.0, digits=0,
)  # fmt: skip
STRIP = ArmsStrip(
    "Bands say otherwise", "4 arms", "mg",
    [BandLane("low", [DoseSpan(5, 10, "low", "row-a", "https://a.example")]), BandLane("full", [])],
    [
        ArmLane("full dose", [
            ArmPoint(10, "Trial A", "differs", "10 mg", "psycholytic 100%", "low-dose", "../a.html"),
            ArmPoint(10, "Trial B", "divided", "10 mg", "psycholytic 50%"),
            ArmPoint(25, "Trial C", "agrees", "25 mg", "full dose 100%"),
        ]),
        ArmLane("microdose", []),
        ArmLane("several", [ArmPoint(8, "Trial D", "none", "8 mg", "psycholytic 100%")]),
    ],
    [(10.0, "50% (34 to 66)")], "Derived occupancy",
)  # fmt: skip
DOTS = RangeDots(
    "Ratios differ", "times the mass",
    [
        DotRow("first", 0.9, (0.7, 1.2), "0.90", "8 people", "Group one", href="https://a.example"),
        DotRow("second", 2.7, None, "2.70", "", "Group one", off=True),
        DotRow("third", None, (0.5, 2.0), "0.5 to 2", "", "Group two"),
        DotRow("a-name-without-any-space-that-would-run-into-the-next-column", 1.0, None, "1.00",
               "model", "Group two", hollow=True),
    ],
    "ratio, logarithmic", log=True, zone=(0.8, 1.25), zone_label="near", line=1.0, line_label="equal",
)  # fmt: skip
FIGURES = {
    "curves": exposure_figure(CURVES), "close": exposure_figure(CLOSE), "arms": arms_figure(STRIP),
    "dots": dots_figure(DOTS),
}  # fmt: skip
DRAWINGS = {f"{n}-{lay}": getattr(f, lay) for n, f in FIGURES.items() for lay in ("wide", "narrow")}
every_drawing = pytest.mark.parametrize("svg", DRAWINGS.values(), ids=DRAWINGS.keys())


@every_drawing
def test_a_drawing_is_a_named_image_without_style_or_outside_file(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root[0].text
    assert root[1].text
    assert root.get("aria-labelledby") == f"{root[0].get('id')} {root[1].get('id')}"
    for forbidden in (" style=", "<style", "<script", "href", "url(", "<image"):
        assert forbidden not in svg
    used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none"}
    assert used <= set(TOKENS.values())
    assert len(svg.encode()) < 25_000


@every_drawing
def test_words_stand_inside_the_drawing_and_are_legible_on_a_phone(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    _, _, width, height = (float(v) for v in (root.get("viewBox") or "").split())
    shown = 358 if width == 340 else 688
    for e in root.iter():
        if not e.tag.endswith("}text"):
            continue
        assert float(e.get("font-size", "14")) * shown / width >= 11
        assert 0 <= float(e.get("x", "0")) <= width
        assert 0 <= float(e.get("y", "0")) <= height


@pytest.mark.parametrize("name", FIGURES)
def test_the_table_holds_the_same_numbers(name: str) -> None:
    table = FIGURES[name].table
    assert table.caption == FIGURES[name].title
    for row in table.rows:
        assert len(row.cells) == (1 if row.kind == "group" else len(table.headers))


def test_marks_stand_for_what_bands_say_without_colour() -> None:
    svg = arms_strip(STRIP)
    arms, key = svg.split("50% (34 to 66)")
    # Differing arms are diamonds, divided ones half discs, agreeing ones discs, the rest rings.
    assert arms.count(TOKENS["harm"]) == 1
    assert key.count(TOKENS["harm"]) == 1
    assert "bands are divided" in key
    assert "no source names one" in svg
    assert "no arm" in svg


def test_arms_of_one_dose_are_stacked_not_hidden() -> None:
    lane = ArmLane("full", [ArmPoint(10, f"T{i}", "agrees", "10 mg", "") for i in range(7)])
    svg = arms_strip(ArmsStrip("t", "s", "mg", [], [lane]))
    spots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)[:7]
    assert len({y for _, y in spots}) == 7
    rows = arms_table(STRIP).rows
    assert [r.cells[2] for r in rows if r.kind != "group"][:3] == ["“low-dose”", "–", "–"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.05, 500), min_size=1, max_size=30))
def test_no_two_arms_of_a_lane_cover_each_other(doses: list[float]) -> None:
    lane = ArmLane("x", [ArmPoint(d, f"T{i}", "agrees", "", "") for i, d in enumerate(doses)])
    svg = arms_strip(ArmsStrip("t", "s", "mg", [], [lane]), "narrow")
    spots = [
        (float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    ]
    spots = spots[: len(doses)]  # The last one is the key's.
    assert len(spots) == len(doses)
    for i, (x, y) in enumerate(spots):
        for u, v in spots[:i]:
            assert math.hypot(x - u, y - v) >= 9.8


def test_curves_that_lie_close_are_named_apart_from_each_other() -> None:
    svg = exposure_curves(CLOSE)
    at = [float(y) for y in re.findall(r'y="([\d.]+)" fill="[^"]+" text-anchor="start"', svg)]
    assert len(at) == 3
    assert min(abs(a - b) for a in at for b in at if a != b) >= 14


def test_a_band_is_drawn_only_where_people_are_known_to_differ() -> None:
    assert exposure_curves(CURVES).count('fill-opacity=".85"') == 1
    cells = [r.cells for r in exposure_table(CURVES).rows]
    assert {c[3] for c in cells if c[0] == "10 mg"} == {"not known"}
    assert cells[-1][0] == "measured in 4 people: 12"


def test_dots_outside_the_zone_are_diamonds_and_ranges_have_no_dot() -> None:
    svg = dots_chart(DOTS)
    assert svg.count(TOKENS["harm"]) == 2  # fill and stroke of one diamond
    assert svg.count("<circle") == 2
    groups = [r.cells[0] for r in dots_table(DOTS).rows if r.kind == "group"]
    assert groups == ["Group one", "Group two"]


@pytest.mark.parametrize(
    "broken",
    [
        lambda: ExposureCurves("t", "s", [], "u"),
        lambda: ExposureCurves("t", "s", [ExposureSeries("a", (0.0, 1.0), (1.0,))], "u"),
        lambda: ExposureCurves("t", "s", [ExposureSeries("a", (1.0, 0.0), (1.0, 1.0))], "u"),
        lambda: ExposureCurves("t", "s", [ExposureSeries("a", (0.0, 1.0), (1.0, math.nan))], "u"),
        lambda: ExposureCurves("t", "s", [ExposureSeries("a", (0.0, 1.0), (1.0, 1.0), (0.5, 0.5))], "u"),
        lambda: RangeDots("t", "s", [], "x"),
        lambda: RangeDots("t", "s", [DotRow("a", None)], "x"),
        lambda: RangeDots("t", "s", [DotRow("a", 0.0)], "x", log=True),
        lambda: RangeDots("t", "s", [DotRow("a", 1.0, (2.0, 1.0))], "x"),
        lambda: RangeDots("t", "s", [DotRow("a", 1.0, cells=("extra",))], "x"),
        lambda: RangeDots("t", "s", [DotRow("a", 1.0, group=g) for g in "xyx"], "x"),
        lambda: ArmsStrip("t", "s", "mg", [], [ArmLane("a", [])]),
        lambda: ArmsStrip("t", "s", "mg", [], [ArmLane("a", [ArmPoint(0.0, "n", "agrees", "", "")])]),
    ],
)  # fmt: skip
def test_what_can_not_be_drawn_is_refused(broken) -> None:
    with pytest.raises(ChartError):
        broken()
