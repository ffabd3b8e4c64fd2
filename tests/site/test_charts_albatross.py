"""The albatross plot: what it draws, what it refuses, and that its table holds the same numbers."""

from __future__ import annotations

import re

import pytest

from aponia.site.charts import AlbatrossChart, AlbatrossPoint, ChartError, albatross_figure


def point(label="Max 1995", x=2.0, people=8, p="< 0.01", bound=True, implied=2.4):
    return AlbatrossPoint(label, x, people, p, bound, implied)


def chart(*points):
    return AlbatrossChart(
        "P-values against people",
        "Right favours the drug",
        points,
        [(0.5, [(0.5, 5.0), (2.0, 100.0)])],
    )


def test_every_study_stands_in_the_picture_and_in_the_table():
    figure = albatross_figure(
        chart(point(), point("Pickering 2020", -0.4, 20, "0.425", bound=False, implied=-0.36))
    )
    for drawing in (figure.wide, figure.narrow):
        assert drawing.startswith("<svg")
        assert 'role="img"' in drawing
        assert re.search(r"\sstyle=", drawing) is None
        assert "Max 1995" in drawing
        assert len(drawing) < 25_000
    rows = {r.cells[0]: r.cells for r in figure.table.rows}
    assert rows["Max 1995"][3] == "at least 2.40 SD towards the drug"
    assert rows["Pickering 2020"][3] == "0.36 SD against the drug"


@pytest.mark.parametrize(
    "points", [(point(),), (point(), point(people=0)), (point(), point(x=float("inf")))]
)
def test_what_can_not_be_drawn_truthfully_is_refused(points):
    with pytest.raises(ChartError):
        chart(*points)
