"""The macros: rendered strictly, accessible in structure, without inline style or script."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from aponia.site.charts import (
    Approach,
    ChartError,
    EvidenceMap,
    MapCell,
    MapColumn,
    MapRow,
    MapView,
)
from aponia.site.charts.gallery import build_gallery

VOID = {"meta", "link", "input", "br", "hr", "img"}


class Structure(HTMLParser):
    """Collects what a page is made of and that its tags balance."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    written = build_gallery(tmp_path_factory.mktemp("gallery"))
    return {path.name: path.read_text(encoding="utf-8") for path in written}


@pytest.fixture(scope="module")
def parsed(pages: dict[str, str]) -> dict[str, Structure]:
    found = {}
    for name, html in pages.items():
        found[name] = Structure()
        found[name].feed(html)
    return found


NAMES = ["index.html", "question.html", "parts.html", "charts.html"]
every_page = pytest.mark.parametrize("name", NAMES)


@every_page
def test_tags_balance(parsed: dict[str, Structure], name: str) -> None:
    assert parsed[name].unbalanced == []
    assert parsed[name].open == []


@every_page
def test_page_needs_no_inline_style_script_or_outside_file(
    parsed: dict[str, Structure], name: str
) -> None:
    for tag, attributes in parsed[name].tags:
        assert "style" not in attributes
        assert not [a for a in attributes if a.startswith("on")]
        assert tag != "style"
        if tag == "script":
            assert attributes.get("type") == "application/ld+json"
        if tag in ("link", "img", "script", "source") and attributes.get("rel") != "canonical":
            address = attributes.get("href") or attributes.get("src") or ""
            assert not address.startswith(("http:", "https:", "//"))


@every_page
def test_ids_are_unique_and_every_reference_has_its_target(
    parsed: dict[str, Structure], name: str
) -> None:
    ids = [a["id"] for _, a in parsed[name].tags if a.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in parsed[name].tags:
        for reference in (attributes.get("aria-labelledby") or "").split():
            assert reference in ids
        if attributes.get("for"):
            assert attributes["for"] in ids


@every_page
def test_page_has_its_landmarks_one_heading_and_the_warning_on_top(
    pages: dict[str, str], parsed: dict[str, Structure], name: str
) -> None:
    tags = [tag for tag, _ in parsed[name].tags]
    for landmark in ("main", "header", "footer", "nav", "h1"):
        assert landmark in tags
    assert tags.count("main") == tags.count("h1") == 1
    html = pages[name]
    warning = html.index("Not medical advice and not an offer of treatment")
    assert warning < html.index("<main")
    assert "Do not stop a medicine" in html[: html.index("<main")]
    assert html.index('class="skip" href="#main"') < warning


@every_page
def test_headings_never_skip_a_level(parsed: dict[str, Structure], name: str) -> None:
    levels = [int(tag[1]) for tag, _ in parsed[name].tags if re.fullmatch(r"h[1-6]", tag)]
    body = levels[levels.index(1) :]
    assert all(b - a <= 1 for a, b in pairwise(body))


@every_page
def test_scrolling_tables_can_be_focused_and_have_a_name(
    parsed: dict[str, Structure], name: str
) -> None:
    for _, attributes in parsed[name].tags:
        if "table-wrap" in (attributes.get("class") or ""):
            assert attributes.get("tabindex") == "0"
            assert attributes.get("role") == "region"
            assert attributes.get("aria-label")


@every_page
def test_page_is_under_200_kilobytes(pages: dict[str, str], name: str) -> None:
    assert len(pages[name].encode()) < 200_000


def test_every_certainty_mark_carries_its_word(pages: dict[str, str]) -> None:
    for html in pages.values():
        for mark in re.findall(
            r'<span class="cert .*?</svg>(.*?)</span></span>|<span class="cert .*?</svg>(.*?)</span>',
            html,
        ):
            assert re.search(r"(Very low|Low|Moderate|High|Not rated)", "".join(mark))


def test_overdue_date_is_said_in_words(pages: dict[str, str]) -> None:
    assert re.search(
        r'class="overdue"><dt>Next update due</dt><dd>[^<]*\(overdue\)', pages["question.html"]
    )


def test_empty_layers_are_said_so(pages: dict[str, str]) -> None:
    assert "No study of this kind." in pages["question.html"]


def test_map_is_a_table_whose_cells_are_all_links(
    parsed: dict[str, Structure], pages: dict[str, str]
) -> None:
    html = pages["index.html"]
    cells = re.findall(
        r"<td class.*?</td>", html.split("map-wrap", 1)[1].split("</table>")[0], re.S
    )
    assert len(cells) == 12 * 11
    assert all(cell.count("<a href=") == 1 for cell in cells)
    empty = [c for c in cells if 'class="empty"' in c]
    assert all("nobody has tested this" in c for c in empty)
    table = html.split("map-wrap", 1)[1].split("</table>")[0]
    assert table.count('<th scope="col"') == 12
    assert table.count('<th scope="row"') == 12


def test_map_filter_is_a_group_of_labelled_radio_buttons(parsed: dict[str, Structure]) -> None:
    radios = [a for tag, a in parsed["index.html"].tags if tag == "input"]
    assert [a["type"] for a in radios] == ["radio"] * 6
    assert len({a["name"] for a in radios}) == 1
    assert ["checked" in a for a in radios].count(True) == 1


def test_stylesheet_has_a_rule_for_every_choice_of_the_filter() -> None:
    import aponia

    css = (Path(aponia.__file__).parent / "site/static/site.css").read_text(encoding="utf-8")
    for key in ("microdose", "psycholytic", "macrodose", "infusion", "other"):
        assert f".map:has(#map-{key}:checked) .v-{key}" in css
        assert f".map:has(#map-{key}:checked) td.full:not(.has-{key}) .v-none" in css


@pytest.mark.parametrize(
    ("people", "size"), [(0, 0), (1, 1), (9, 1), (10, 2), (99, 3), (100, 4), (299, 4), (300, 5)]
)
def test_map_mark_size_follows_people_studied(people: int, size: int) -> None:
    assert MapView("all", people).size == size


def test_map_writes_equal_views_once() -> None:
    cell = MapCell(
        "x", [MapView("all", 5, "harm"), MapView("macrodose", 5, "harm"), MapView("other", 2)]
    )
    assert [classes for classes, _ in cell.variants] == ["v-all v-macrodose", "v-other"]


def test_map_refuses_what_it_cannot_show() -> None:
    with pytest.raises(ChartError):
        MapView("all", 5, animals_only=True)
    with pytest.raises(ChartError):
        MapView("smoke", 5)
    with pytest.raises(ChartError):
        MapCell("x", [MapView("macrodose", 5)])
    with pytest.raises(ChartError, match="Migraine"):
        EvidenceMap("c", [MapColumn("LSD")], [MapRow("Migraine", [])], [Approach("all", "All")])


def test_a_cell_empty_for_another_reason_is_not_listed_as_untested() -> None:
    # On a phone, cells of class "empty" stand under "Nobody has tested here".
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    import aponia

    templates = Path(aponia.__file__).parent / "site" / "templates"
    env = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined
    )
    map_ = EvidenceMap(
        "c",
        [MapColumn("LSD"), MapColumn("DMT")],
        [MapRow("Migraine", [MapCell("a", empty="not gathered here yet"), MapCell("b")])],
        [Approach("all", "All")],
    )
    html = env.get_template("components/map.html").module.evidence_map(map_)  # type: ignore[attr-defined]
    told, empty = re.findall(r'<td class="(\w+)">.*?class="nobody">([^<]*)<', html, re.S)
    assert told == ("told", "not gathered here yet")
    assert empty == ("empty", "nobody has tested this")
