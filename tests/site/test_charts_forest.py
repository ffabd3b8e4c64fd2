"""Forest plots: every number printed, nothing drawn that is not there, no wrong input drawn."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.site.charts import (
    ChartError,
    ForestPlot,
    ForestPooled,
    ForestRow,
    forest_figure,
    forest_plot,
    forest_table,
)
from aponia.site.charts.figure import Link
from aponia.site.charts.gallery_data import BCG, CLUSTER, REVIEWS
from aponia.site.charts.palette import TOKENS

LAYOUTS = ("wide", "narrow")


def plot(rows: list[ForestRow], **more: object) -> ForestPlot:
    return ForestPlot("A finding", "unit; 10 people", rows, **more)  # type: ignore[arg-type]


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>(.*?)</text>", svg)


def scale_of(chart: ForestPlot) -> tuple[float, float]:
    scale = chart.scale(0, 100)
    return scale.lower, scale.upper


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("chart", [CLUSTER, BCG, REVIEWS])
def test_every_estimate_is_printed_beside_its_mark(chart: ForestPlot, layout: str) -> None:
    svg = forest_plot(chart, layout)  # type: ignore[arg-type]
    printed = texts(svg)
    for row in chart.rows:
        if row.effect is not None:
            assert chart.estimate_text(row.effect, row.ci) in printed
    for pooled in chart.pooled:
        assert chart.estimate_text(pooled.effect, pooled.ci) in printed


@pytest.mark.parametrize("layout", LAYOUTS)
def test_raw_numbers_of_both_arms_are_in_the_picture(layout: str) -> None:
    svg = " ".join(texts(forest_plot(BCG, layout))).replace("\u00a0", " ")  # type: ignore[arg-type]
    for row in BCG.rows:
        assert row.left in svg
        assert row.right in svg


def test_table_twin_holds_the_same_numbers_in_the_same_order() -> None:
    table = forest_table(BCG)
    cells = [c.text if isinstance(c, Link) else c for r in table.rows for c in r.cells]
    labels = [r.label for r in BCG.rows]
    assert [c for c in cells if c in labels] == labels
    for row in BCG.rows:
        assert row.effect is not None
        assert BCG.estimate_text(row.effect, row.ci) in cells
    assert "0.15 to 1.55" in cells
    assert all(len(r.cells) == len(table.headers) for r in table.rows if r.kind != "group")


def test_a_study_without_numbers_stays_in_the_plot_as_words() -> None:
    chart = plot([ForestRow("Kast 1964", text="“pain less”, no numbers", pooled=False)])
    for layout in LAYOUTS:
        svg = forest_plot(chart, layout)  # type: ignore[arg-type]
        assert "“pain less”, no numbers" in texts(svg)
        assert "no difference" not in texts(svg)
    assert forest_table(chart).rows[0].cells[-1] == "“pain less”, no numbers"


def test_derived_numbers_carry_a_star_and_its_reason() -> None:
    printed = texts(forest_plot(CLUSTER))
    assert "Schindler 2022*" in printed
    assert any(t.startswith("* difference computed") for t in printed)
    assert "difference computed" in str(forest_table(CLUSTER).rows[0].cells[-1])


def test_unpooled_study_is_a_hollow_mark_and_pooled_a_filled_one() -> None:
    row = {"effect": -1.0, "ci": (-2.0, 0.5)}
    shown = forest_plot(plot([ForestRow("a", **row, pooled=False)]))  # type: ignore[arg-type]
    used = forest_plot(plot([ForestRow("a", **row)]))  # type: ignore[arg-type]
    hollow = rf'fill="{TOKENS["paper"]}" stroke="{TOKENS["ink"]}"'
    assert hollow in shown
    assert hollow not in used


def test_prediction_interval_band_and_side_words_are_drawn() -> None:
    printed = texts(forest_plot(BCG))
    assert "Where a new study would fall" in printed
    assert "fewer cases with the vaccine" in printed
    assert "no difference" in printed
    assert f'fill="{TOKENS["mid"]}"' in forest_plot(CLUSTER)
    assert f'fill="{TOKENS["mid"]}"' not in forest_plot(BCG)


def test_one_very_wide_interval_is_cut_with_an_arrow_and_printed_in_full() -> None:
    rows = [ForestRow(f"s{i}", effect=-1.0, ci=(-2.0, 0.0)) for i in range(4)]
    chart = plot([*rows, ForestRow("wide", effect=0.0, ci=(-80.0, 80.0))])
    assert scale_of(chart)[0] > -10
    assert "0.0 (−80.0 to 80.0)" in texts(forest_plot(chart))


def test_a_single_study_is_never_cut() -> None:
    chart = plot([ForestRow("only", effect=1.0, ci=(-300.0, 302.0))])
    low, high = scale_of(chart)
    assert low <= -300
    assert high >= 302


def test_numbers_have_true_minus_signs_and_no_negative_zero() -> None:
    svg = forest_plot(plot([ForestRow("a", effect=-0.04, ci=(-1.25, 1.17))]))
    assert "0.0 (−1.2 to 1.2)" in texts(svg)
    assert not any(re.search(r"-\d", t) for t in texts(svg))


BAD = [
    ([], {}),
    ([ForestRow("a", effect=math.nan, ci=(0.0, 1.0))], {}),
    ([ForestRow("a", effect=0.5, ci=(1.0, 0.0))], {}),
    ([ForestRow("a", effect=5.0, ci=(0.0, 1.0))], {}),
    ([ForestRow("a", ci=(0.0, 1.0))], {}),
    ([ForestRow("a", effect=0.0, ci=(-1.0, 1.0))], {"log": True}),
    ([ForestRow("a", effect=0.5, ci=(0.0, math.inf))], {}),
    ([ForestRow("a", effect=0.5, weight=140.0)], {}),
    ([ForestRow("a", effect=0.5, weight=math.nan)], {}),
    ([ForestRow("a", effect=0.5)], {"pooled": [ForestPooled("p", 0.5, (0.0, 1.0))] * 2}),
    ([ForestRow("a", effect=0.5)], {"pooled": [ForestPooled("p", 0.5, (0.0, 1.0), group="x")]}),
    ([ForestRow("a", group="x"), ForestRow("b", group="y"), ForestRow("c", group="x")], {}),
]


@pytest.mark.parametrize(("rows", "more"), BAD)
def test_wrong_input_raises_and_is_never_drawn(
    rows: list[ForestRow], more: dict[str, object]
) -> None:
    with pytest.raises(ChartError):
        plot(rows, **more)


def test_the_error_names_the_row() -> None:
    with pytest.raises(ChartError, match="Kast 1964"):
        plot([ForestRow("Kast 1964", effect=math.inf)])


estimates = st.tuples(
    st.floats(-50, 50),
    st.floats(0.001, 30),
    st.floats(0.001, 30),
    st.one_of(st.none(), st.floats(0, 100)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(estimates, min_size=1, max_size=12), st.booleans(), st.sampled_from(LAYOUTS))
def test_any_set_of_estimates_is_drawn_inside_the_sheet(
    data: list[tuple[float, float, float, float | None]], log: bool, layout: str
) -> None:
    def at(x: float) -> float:
        return math.exp(x / 10) if log else x

    rows = [
        ForestRow(f"study {i}", "1 of 2", "2 of 3", at(y), (at(y - a), at(y + b)), weight=w)
        for i, (y, a, b, w) in enumerate(data)
    ]
    svg = forest_plot(plot(rows, log=log, left_header="A", right_header="B"), layout)  # type: ignore[arg-type]
    width = 800 if layout == "wide" else 340
    for path in re.findall(r'd="M([-\d.]+) ([-\d.]+)L([-\d.]+)', svg):
        assert -8 <= float(path[0]) <= width + 8
        assert -8 <= float(path[2]) <= width + 8
    for x, w in re.findall(r'<rect x="([-\d.]+)" y="[-\d.]+" width="([-\d.]+)"', svg):
        assert float(x) >= -1
        assert float(x) + float(w) <= width + 1
    assert "nan" not in svg.replace("study", "")
    assert "inf" not in svg


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_labels_cannot_break_out_of_the_drawing(label: str) -> None:
    svg = forest_plot(plot([ForestRow(f"<script>{label}", effect=0.0, text=label)]))
    assert "<script>" not in svg
    assert svg.count("<svg") == svg.count("</svg>") == 1


def test_drawing_is_the_same_at_every_build() -> None:
    assert forest_figure(BCG).wide == forest_figure(BCG).wide
