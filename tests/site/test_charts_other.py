"""Strips, direction plots, people per 100, curves: right marks for the numbers given."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia.site.charts import (
    ChartError,
    DirectionCell,
    DirectionRow,
    DurabilityCurve,
    DurabilityPoint,
    DurabilitySeries,
    EffectDirectionPlot,
    EffectStrip,
    HistoryCurve,
    HistoryPoint,
    IconArm,
    IconArray,
    Specification,
    SpecificationCurve,
    StripItem,
    direction_table,
    durability_curve,
    durability_table,
    effect_direction_plot,
    effect_strip,
    history_curve,
    history_table,
    icon_array,
    icon_table,
    specification_curve,
    specification_table,
    strip_table,
)
from aponia.site.charts.numerals import interval, signed
from aponia.site.charts.palette import TOKENS
from aponia.site.charts.scales import make_scale
from aponia.site.charts.textfit import width, wrap


def people(svg: str, colour: str) -> int:
    paths = re.findall(r'<path d="([^"]+)" fill="' + colour + '"', svg)
    return sum(p.count("a2.9 2.9") for p in paths)


@pytest.mark.parametrize("share", [0, 0.4, 1, 33.3, 50, 99.6, 100])
def test_icon_array_fills_the_rounded_number_of_people(share: float) -> None:
    array = IconArray("t", "s", [IconArm("arm", share)], "were better")
    svg = icon_array(array)
    assert people(svg, TOKENS["benefit"]) == round(share)
    assert svg.count("a2.9 2.9") == 100
    assert icon_table(array).rows[0].cells[1:3] == (f"{share:.0f}", f"{100 - round(share)}")


def test_icon_array_of_harm_is_in_the_colour_of_harm() -> None:
    svg = icon_array(IconArray("t", "s", [IconArm("arm", 30)], "felt sick", harm=True))
    assert people(svg, TOKENS["harm"]) == 30
    assert TOKENS["benefit"] not in svg


@pytest.mark.parametrize(
    "arm", [(-1, None, None), (101, None, None), (math.nan, None, None), (5, 1, None)]
)
def test_icon_array_refuses_what_is_not_people_in_100(
    arm: tuple[float, float | None, float | None],
) -> None:
    with pytest.raises(ChartError):
        IconArray("t", "s", [IconArm("arm", *arm)], "x")


def test_strip_shows_the_comparator_beside_the_effect() -> None:
    strip = EffectStrip(
        "t",
        "s",
        [
            StripItem("given it", -3.2, (-8.3, 1.9), main=True),
            StripItem("placebo", 0.03, (-2.6, 2.6)),
        ],
        direction="benefit",
        null_label="no change",
    )
    for layout in ("wide", "narrow"):
        svg = effect_strip(strip, layout)  # type: ignore[arg-type]
        assert "−3.2" in svg
        assert "(−2.6 to 2.6)" in svg
        assert "no change" in svg
        assert svg.count('<circle cx="') == 2
        assert f'fill="{TOKENS["benefit"]}"' in svg
    assert strip_table(strip).rows[0].cells[2:] == ("−3.2", "−8.3 to 1.9")


def test_direction_plot_draws_a_mark_an_outcome_measured_and_says_the_rest() -> None:
    plot = EffectDirectionPlot(
        "t", "s", ["pain", "sleep"],
        [DirectionRow("A 2020", 12, [DirectionCell("benefit", "p = 0.04"), None]),
         DirectionRow("B 2021", 400, [DirectionCell("harm"), DirectionCell("unclear")])],
    )  # fmt: skip
    for layout in ("wide", "narrow"):
        svg = effect_direction_plot(plot, layout)  # type: ignore[arg-type]
        assert svg.count("<circle") == 3
        assert "not measured" in svg
        assert "p = 0.04" in svg
    assert direction_table(plot).rows[0].cells == (
        "A 2020",
        "12",
        "in favour; p = 0.04",
        "not measured",
    )


def test_larger_studies_have_larger_direction_marks() -> None:
    def radius(n: int) -> float:
        plot = EffectDirectionPlot(
            "t", "s", ["x"], [DirectionRow("A", n, [DirectionCell("benefit")])]
        )
        return float(
            re.findall(
                r'<circle cx="[\d.]+" cy="[\d.]+" r="([\d.]+)"', effect_direction_plot(plot)
            )[0]
        )

    sizes = [radius(n) for n in (0, 5, 12, 50, 150, 5000)]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]


def durability(points: list[DurabilityPoint]) -> DurabilityCurve:
    return DurabilityCurve("t", "s", [DurabilitySeries("psilocybin", points)])


def test_durability_draws_every_point_and_names_the_end_of_knowledge() -> None:
    curve = durability([DurabilityPoint(d, -1.0, (-2.0, 0.0), 10) for d in (1, 7, 28, 180)])
    svg = durability_curve(curve)
    assert "nobody measured later" in svg
    assert "psilocybin" in svg
    assert [r.cells[1] for r in durability_table(curve).rows] == [
        "1 day",
        "1 week",
        "4 weeks",
        "6 months",
    ]


def test_durability_of_one_point_is_drawn() -> None:
    assert durability_curve(durability([DurabilityPoint(0, -1.0)]), "narrow").startswith("<svg")


@pytest.mark.parametrize("days", [[7, 1], [-1, 3]])
def test_durability_refuses_days_out_of_order(days: list[float]) -> None:
    with pytest.raises(ChartError):
        durability([DurabilityPoint(d, 0.0) for d in days])


def test_history_keeps_the_order_and_prints_what_was_added() -> None:
    curve = HistoryCurve(
        "t", "s",
        [HistoryPoint(2016, -1.0, (-3.0, 1.0), "Adams"), HistoryPoint(2016, -0.5, (-1.5, 0.5), "Baker"),
         HistoryPoint(2022, -0.7, (-1.2, -0.2), "Cole", 60, "low")],
    )  # fmt: skip
    svg = history_curve(curve)
    assert all(name in svg for name in ("Adams", "Baker", "Cole"))
    assert [r.cells[0] for r in history_table(curve).rows] == ["2016", "2016", "2022"]
    with pytest.raises(ChartError):
        HistoryCurve("t", "s", list(reversed(curve.points)))


def test_history_of_ratios_has_its_line_at_one() -> None:
    curve = HistoryCurve("t", "s", [HistoryPoint(2020, 2.0, (0.5, 8.0), "A")], log=True)
    assert history_curve(curve).startswith("<svg")


def specifications(effects: list[float]) -> SpecificationCurve:
    return SpecificationCurve(
        "t", "s",
        [Specification(e, (e - 1, e + 1), (("model", "FE" if i % 2 else "RE"), ("who", "all")), i == 0)
         for i, e in enumerate(effects)],
        "fewer", "more",
    )  # fmt: skip


def test_specification_shares_count_every_analysis_once() -> None:
    curve = specifications([-3.0, -2.0, -0.5, 0.0, 0.5])
    assert curve.shares() == (3, 1, 2)
    note = specification_table(curve).note
    assert "Fewer: 3 of 5 (60%)" in note
    assert "more: 1 (20%)" in note


def test_specification_leaves_out_choices_that_never_vary() -> None:
    curve = specifications([-1.0, 1.0])
    assert {choice for choice, _, _ in curve.options()} == {"model"}


def test_thousand_analyses_are_still_a_small_drawing() -> None:
    svg = specification_curve(specifications([math.sin(i) * 3 for i in range(1500)]))
    assert len(svg) < 25_000
    assert "our main analysis" in svg


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e4))
def test_linear_axis_holds_its_values_between_round_ends(low: float, size: float) -> None:
    scale = make_scale([low, low + size], 0, 100)
    assert scale.lower <= low + 1e-6 * size
    assert scale.upper >= low + size - 1e-6 * size
    assert 2 <= len(scale.ticks) <= 14
    assert len(set(scale.tick_labels)) == len(scale.tick_labels)
    assert 0 <= scale.clamp(low - 5 * size) <= 100


@settings(max_examples=60, deadline=None)
@given(st.floats(0.001, 100), st.floats(1.0, 1e4))
def test_log_axis_holds_its_values_and_has_ticks(low: float, ratio: float) -> None:
    scale = make_scale([low, low * ratio], 0, 100, log=True)
    assert scale.lower <= low * (1 + 1e-9)
    assert scale.upper >= low * ratio * (1 - 1e-9)
    assert scale.ticks
    assert math.isclose(scale(scale.lower), 0, abs_tol=1e-6)
    assert math.isclose(scale(scale.upper), 100, abs_tol=1e-6)


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, 1.0]])
def test_axis_refuses_values_it_cannot_hold(values: list[float]) -> None:
    with pytest.raises(ChartError):
        make_scale(values, 0, 1)


def test_log_axis_refuses_zero() -> None:
    with pytest.raises(ChartError):
        make_scale([0.0, 1.0], 0, 1, log=True)


@given(st.text(alphabet="abc de", max_size=80), st.floats(20, 200))
def test_wrapped_text_keeps_every_word_and_fits(text: str, room: float) -> None:
    lines = wrap(text, room, 13)
    assert " ".join(lines).split() == text.split()
    assert all(width(line, 13) <= room or " " not in line.strip() for line in lines)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(-0.04, 1, "0.0"), (-3.25, 1, "−3.2"), (1234.5, 0, "1234"), (-0.005, 3, "−0.005")],
)
def test_numbers_print_with_true_minus_and_without_negative_zero(
    value: float, digits: int, text: str
) -> None:
    assert signed(value, digits) == text


def test_intervals_print_in_words() -> None:
    assert interval(-8.3, 1.9, 1) == "−8.3 to 1.9"
    with pytest.raises(ChartError):
        signed(math.nan, 1)
