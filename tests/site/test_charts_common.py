"""What every chart promises: accessible, themable, small, without style, script or request."""

import re
from xml.etree import ElementTree

import pytest

from aponia.site.charts import (
    Figure,
    correlation_figure,
    direction_figure,
    durability_figure,
    forest_figure,
    history_figure,
    icon_figure,
    mechanism_figure,
    specification_figure,
    strip_figure,
)
from aponia.site.charts import gallery_data as data
from aponia.site.charts.gallery_mechanism import CHAIN, CORRELATIONS
from aponia.site.charts.palette import TOKENS

FIGURES: dict[str, Figure] = {
    "forest": forest_figure(data.BCG),
    "forest-one": forest_figure(data.CLUSTER),
    "strip": strip_figure(data.STRIP),
    "direction": direction_figure(data.DIRECTIONS),
    "icons": icon_figure(data.ICONS),
    "durability": durability_figure(data.DURABILITY),
    "history": history_figure(data.HISTORY),
    "specification": specification_figure(data.SPECIFICATIONS),
    "chain": mechanism_figure(CHAIN),
    "correlations": correlation_figure(CORRELATIONS),
}
DRAWINGS = [(f"{name}-{layout}", getattr(f, layout)) for name, f in FIGURES.items() for layout in ("wide", "narrow")]  # fmt: skip
every_drawing = pytest.mark.parametrize(
    "svg", [d for _, d in DRAWINGS], ids=[name for name, _ in DRAWINGS]
)


@every_drawing
def test_drawing_is_a_named_image(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    title, desc = root[0], root[1]
    assert title.tag.endswith("title")
    assert desc.tag.endswith("desc")
    assert title.text
    assert desc.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"


@every_drawing
def test_drawing_scales_and_has_no_fixed_size(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert root.get("viewBox")
    assert root.get("width") is None
    assert root.get("height") is None


@every_drawing
def test_drawing_needs_no_style_script_link_or_outside_file(svg: str) -> None:
    for forbidden in (" style=", "<style", "<script", "href", "url(", "<image", "onload", "data:"):
        assert forbidden not in svg
    outside = re.findall(r"https?://[^\"]+", svg)
    assert set(outside) == {"http://www.w3.org/2000/svg"}


@every_drawing
def test_drawing_uses_only_colours_the_theme_knows(svg: str) -> None:
    used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none", "transparent"}
    assert used <= set(TOKENS.values())


@every_drawing
def test_drawing_is_under_25_kilobytes(svg: str) -> None:
    assert len(svg.encode()) < 25_000


@every_drawing
def test_type_is_legible_at_a_phone_width(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    width = float((root.get("viewBox") or "").split()[2])
    sizes = [float(e.get("font-size", "14")) for e in root.iter() if e.tag.endswith("}text")]
    assert sizes
    # A phone of 390 leaves 358 for the drawing; the wide one is shown from 688 up.
    shown = 358 if width == 340 else 688
    assert min(sizes) * shown / width >= 11


@every_drawing
def test_negative_numbers_have_true_minus_signs(svg: str) -> None:
    words = re.findall(r"<text[^>]*>(.*?)</text>", svg)
    assert not [w for w in words if re.search(r"(?<![\w–])-\d", w)]


@pytest.mark.parametrize("name", FIGURES)
def test_table_twin_is_rectangular_and_told_what_it_is(name: str) -> None:
    table = FIGURES[name].table
    assert table.caption == FIGURES[name].title
    assert table.rows
    for row in table.rows:
        assert len(row.cells) == (1 if row.kind == "group" else len(table.headers))
    assert all(i < len(table.headers) for i in table.numeric)


def test_ids_differ_between_the_charts_of_a_page() -> None:
    ids = [i for _, svg in DRAWINGS for i in re.findall(r' id="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))
