"""Downloads: every figure leaves the site whole, every column is explained, the release is an object."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from importlib.resources import files

import pytest
from lxml import etree, html

from aponia import evidence
from aponia.site.charts import Figure, Link, Table
from aponia.site.charts.palette import TOKENS
from aponia.site.codebook import CodebookError, describe, kind_of
from aponia.site.figure_files import figure_csv, png, standalone, with_figures
from aponia.site.render import Page

SVG = "{http://www.w3.org/2000/svg}"


def documents(out):
    for path in sorted(out.rglob("*.html")):
        yield path, html.document_fromstring(path.read_bytes())


def test_every_figure_has_its_files_and_they_are_what_they_say(built):
    out, _ = built
    seen = 0
    for path, page in documents(out):
        for figure in page.xpath("//figure[contains(@class, 'fig')]"):
            hrefs = {a.text: a.get("href") for a in figure.xpath(".//p[@class='fig-foot']//a")}
            assert {"SVG", "PNG", "Numbers as CSV", "What the columns mean"} <= set(hrefs), path
            picture = (path.parent / hrefs["PNG"]).resolve().read_bytes()
            assert picture.startswith(b"\x89PNG\r\n\x1a\n")
            width = int.from_bytes(picture[16:20], "big")
            assert 1600 <= width <= 1800
            title = figure.xpath(".//*[contains(@class, 'fig-title')]")[0].text_content()
            tree = etree.fromstring((path.parent / hrefs["SVG"]).resolve().read_bytes())
            assert tree.find(f"{SVG}title").text == title
            table = figure.xpath(".//table")
            with (path.parent / hrefs["Numbers as CSV"]).resolve().open(encoding="utf-8") as file:
                rows = list(csv.reader(file))
            if table:
                assert len(rows) == len(table[0].xpath(".//tr"))
            seen += 1
    assert seen >= 60


def test_a_standalone_svg_needs_nothing_from_the_site(built):
    out, _ = built
    drawings = [p for p in out.rglob("*.svg") if p.parent.name != "static"]
    assert drawings
    for path in drawings:
        text = path.read_text(encoding="utf-8")
        tree = etree.fromstring(text.encode())
        assert "var(--" not in text
        assert not tree.xpath("//@href")
        for fill in {*tree.xpath("//@fill"), *tree.xpath("//@stroke")}:
            assert fill == "none" or fill in TOKENS.values(), (path, fill)
        words = " ".join(tree.itertext())
        assert "CC BY 4.0" in words
        assert "aponia evidence base" in words


def test_a_picture_has_its_text_and_is_the_same_every_time():
    figure = Figure(
        "A title", "a measure", _svg("Schindler 2022"), _svg(""), Table("t", ("a",), ())
    )
    blank = Figure("", "", _svg(""), _svg(""), Table("t", ("a",), ()))
    one, two = png(standalone(figure, "credit")), png(standalone(figure, "credit"))
    assert one == two
    # text that no font draws would leave the picture as empty as one without words
    assert len(one) > 2 * len(png(standalone(blank, "")))


def _svg(words):
    from markupsafe import Markup

    return Markup(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 60"><text x="0" y="20" fill="#1F2328">{words}</text></svg>')  # fmt: skip


def test_the_fonts_of_pictures_hold_what_charts_write(built):
    out, _ = built
    used = set()
    for path in out.rglob("*.svg"):
        if path.parent.name != "static":
            used |= set("".join(etree.fromstring(path.read_bytes()).xpath("//*[local-name()='text']//text()")))  # fmt: skip
    font = (files("aponia.site") / "figure_fonts" / "source-sans-3-latin-400.ttf").read_bytes()
    # tau is written out in a PNG; an arrow falls back to the typesetter's own font
    assert {c for c in used if ord(c) > 126 and not _covers(font, ord(c))} <= set("τ→")


def _covers(font, code):
    """Look a character up in the font's character map (format 4, the one of the Unicode plane)."""
    tables = int.from_bytes(font[4:6], "big")
    at = next(
        int.from_bytes(font[12 + 16 * i + 8 : 12 + 16 * i + 12], "big")
        for i in range(tables)
        if font[12 + 16 * i : 12 + 16 * i + 4] == b"cmap"
    )

    def u16(place):
        return int.from_bytes(font[place : place + 2], "big")

    for i in range(u16(at + 2)):
        sub = at + int.from_bytes(font[at + 4 + 8 * i + 4 : at + 4 + 8 * i + 8], "big")
        if u16(sub) != 4:
            continue
        count = u16(sub + 6) // 2
        for k in range(count):
            end, start = u16(sub + 14 + 2 * k), u16(sub + 16 + 2 * count + 2 * k)
            if start <= code <= end:
                return True
    return False


def test_figures_are_named_in_order_and_once():
    figure = Figure("t", "", _svg("a"), _svg("a"), Table("t", ("a",), ()), "forest")
    other = Figure("u", "", _svg("b"), _svg("b"), Table("t", ("a",), ()), "forest")
    page = Page(
        "questions/x.html", "t", "t", "d", "n", {"a": figure, "b": [{"c": (figure, other)}]}
    )
    named_page, named = with_figures(page)
    assert [n.stem for n in named] == ["questions/x/forest-1", "questions/x/forest-2"]
    assert named_page.context["a"] is named_page.context["b"][0]["c"][0]
    assert named_page.context["a"].downloads[0] == Link("SVG", "x/forest-1.svg")
    assert page.context["a"].downloads == ()


def test_a_table_without_a_first_heading_gets_one():
    table = Table("t", ("", "n"), ((Link("a", "b"), None), ("x",)))
    assert figure_csv(table) == "Line,n\na,\nx,\n"


def test_every_column_of_every_csv_is_in_the_codebook(built):
    out, _ = built
    with (out / "data/codebook.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = {(r["file"], r["column"]) for r in rows}
    assert len(told) == len(rows)
    assert all(r["meaning"] and r["type"] for r in rows)
    assert rows == json.loads((out / "data/codebook.json").read_text(encoding="utf-8"))
    for path in out.rglob("*.csv"):
        where = path.relative_to(out).as_posix()
        with path.open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        figure = path.with_suffix(".svg").exists()
        kind = kind_of(where, path.stem.rpartition("-")[0] if figure else "")
        for column in columns:
            assert (kind, column) in told, (where, column)


def test_codes_of_the_codebook_are_those_the_tables_hold(built):
    out, _ = built
    with (out / "data/codebook.csv").open(encoding="utf-8", newline="") as file:
        codes = {
            (r["file"], r["column"]): set(r["allowed"].split("; "))
            for r in csv.DictReader(file)
            if r["allowed"]
        }
    assert codes
    for (kind, column), allowed in codes.items():
        with (out / "data" / kind).open(encoding="utf-8", newline="") as file:
            values = {row[column] for row in csv.DictReader(file)} - {""}
        assert values <= allowed, (kind, column)


def test_a_column_nobody_described_stops_the_build():
    with pytest.raises(CodebookError, match=r"trials\.csv: column 'mood'"):
        describe("trials.csv", "mood")


def test_every_page_has_its_data_twin_and_says_where(built):
    out, _ = built
    for path, page in documents(out):
        twins = page.xpath("//link[@rel='alternate'][@type='application/json']/@href")
        assert len(twins) == 1, path
        data = json.loads((path.parent / twins[0]).resolve().read_text(encoding="utf-8"))
        assert data
        assert path.with_suffix(".json").is_file(), path
        for href in page.xpath("//link[@rel='alternate'][@type='text/csv']/@href"):
            with (path.parent / href).resolve().open(encoding="utf-8", newline="") as file:
                widths = {len(row) for row in csv.reader(file)}
            assert len(widths) == 1, (path, href)
    tabular = ("index", "questions/index", "studies/index", "trials/index", "legal/index",
               "analogues/index", "safety/index", "ketamine/index", "approaches/index")  # fmt: skip
    for stem in tabular:
        page = html.document_fromstring((out / f"{stem}.html").read_bytes())
        assert page.xpath("//link[@rel='alternate'][@type='text/csv']"), stem


def test_each_answer_can_be_cited_with_its_version(built):
    out, _ = built
    version = evidence.load().release.version
    for path in (out / "questions").glob("*-cite.bib"):
        question = path.name.removesuffix("-cite.bib")
        bib = path.read_text(encoding="utf-8")
        assert bib.startswith(f"@misc{{aponia-{question}-{version},")
        assert bib.count("{") == bib.count("}")
        assert f"version = {{{version}}}" in bib
        ris = path.with_suffix(".ris").read_text(encoding="utf-8")
        assert ris.startswith("TY  - DATA\n")
        assert ris.endswith("ER  - \n")
        assert f"ET  - {version}\n" in ris
        page = (out / "questions" / f"{question}.html").read_text(encoding="utf-8")
        assert f"Version {version} of the evidence" in page
        assert path.name in page


@pytest.fixture(scope="module")
def crate(built):
    out, _ = built
    graph = json.loads((out / "data/ro-crate-metadata.json").read_text(encoding="utf-8"))
    return out / "data", graph["@context"], {e["@id"]: e for e in graph["@graph"]}


def test_the_crate_lists_every_file_with_its_size_and_hash(crate):
    folder, context, entities = crate
    assert context == "https://w3id.org/ro/crate/1.1/context"
    descriptor = entities["ro-crate-metadata.json"]
    assert descriptor["conformsTo"]["@id"].startswith("https://w3id.org/ro/crate/1.1")
    assert descriptor["about"] == {"@id": "./"}
    root = entities["./"]
    listed = {p["@id"] for p in root["hasPart"]}
    made = {i for i, e in entities.items() if e["@type"] == "File"}
    assert listed == made
    for name in listed:
        data = (folder / name).read_bytes()
        assert entities[name]["contentSize"] == str(len(data))
        assert entities[name]["sha256"] == hashlib.sha256(data).hexdigest()
        assert entities[name]["encodingFormat"]
        assert entities[name]["license"] == root["license"]
    on_disk = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    own = {"index.html", "index.json", "ro-crate-metadata.json"}
    assert {n for n in on_disk - listed if not n.endswith(".zip")} == own
    # every reference inside leads to an entity
    for entity in entities.values():
        for value in entity.values():
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict) and not part["@id"].startswith("https://w3id.org/"):
                    assert part["@id"] in entities


def test_the_crate_says_whose_it_is_and_which_version(crate):
    _, _, entities = crate
    root = entities["./"]
    base = evidence.load()
    assert root["version"] == base.release.version
    assert root["datePublished"].startswith(base.released)
    assert root["license"]["@id"] == "https://creativecommons.org/licenses/by/4.0/"
    assert entities[root["author"]["@id"]]["name"] == "The aponia contributors"
    assert base.release.version in root["creditText"]


def test_the_zip_is_the_crate_and_its_source_is_the_base_again(built, crate, tmp_path):
    folder, _, entities = crate
    (path,) = folder.glob("*.zip")
    assert path.stat().st_size < 20_000_000
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == sorted(names)
        assert {n.split("/", 1)[1] for n in names} == {
            "ro-crate-metadata.json",
            *(i for i, e in entities.items() if e["@type"] == "File"),
        }
        archive.extractall(tmp_path)
    source = tmp_path / path.stem / "source"
    assert evidence.load(source).digest == evidence.load().digest


def test_the_data_page_tells_machines_what_to_download(built):
    out, _ = built
    page = html.document_fromstring((out / "data/index.html").read_bytes())
    (script,) = page.xpath("//script[@type='application/ld+json']")
    data = json.loads(script.text)
    assert data["@type"] == "Dataset"
    assert data["version"] == evidence.load().release.version
    for part in data["distribution"]:
        assert (out / "data" / part["contentUrl"]).is_file()
    assert any(p["encodingFormat"] == "application/zip" for p in data["distribution"])
