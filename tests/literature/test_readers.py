"""Every dialect is told from its content and read without losing a record or a field."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from aponia.literature.readers import ReadError, read, read_all, read_text
from aponia.literature.readers.names import split_authors
from aponia.literature.readers.text import MAX_BYTES, decode, load_bytes

RIS = "TY  - JOUR\nT1  - First\nA1  - Liu R.\nY1  - 2019//\nN2  - An abstract\nJO  - Brain\nDO  - http://dx.doi.org/10.1002/CPP.2398\nER  - \n"


def test_the_first_record_survives_a_byte_order_mark(tmp_path: Path) -> None:
    for codec in ("utf-8-sig", "utf-16"):
        path = tmp_path / "x.txt"
        path.write_bytes((RIS + "\n" + RIS.replace("First", "Zweites über")).encode(codec))
        result = read(path)
        assert [r.title for r in result.records] == ["First", "Zweites über"]


def test_the_last_record_needs_no_line_end_and_no_er() -> None:
    result = read_text("TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two", "x")
    assert [r.title for r in result.records] == ["One", "Two"]


def test_ris_tags_of_embase_and_ovid_are_known() -> None:
    record = read_text(RIS, "x").records[0]
    assert (record.title, record.authors, record.year) == ("First", ("Liu R.",), 2019)
    assert (record.abstract, record.journal, record.doi) == (
        "An abstract",
        "Brain",
        "10.1002/cpp.2398",
    )


def test_ovid_and_cochrane_lines_between_records_are_reported_not_read() -> None:
    text = f"1.\n{RIS}NL  - Clin Psychol\n\nLink to the Ovid Full Text\n\n2.\n{RIS.replace('First', 'Second')}"
    result = read_text(text, "ovid.ris")
    assert [r.title for r in result.records] == ["First", "Second"]
    assert [(p.line, p.lost) for p in result.problems] == [(10, True), (12, True)]


def test_rayyan_keywords_over_several_lines() -> None:
    result = read_text(
        "TY  - JOUR\nTI  - T\nKW  - Pain\nMigraine Disorders\nKetamine\nPY  - 2011\nER  -\n",
        "r.txt",
    )
    assert result.records[0].keywords == ("Pain", "Migraine Disorders", "Ketamine")
    assert result.records[0].year == 2011


def test_unknown_ris_tag_is_kept() -> None:
    assert read_text(RIS.replace("JO  -", "QQ  - kept\nJO  -"), "x").records[0].raw["QQ"] == (
        "kept",
    )


def test_nbib_folded_lines_and_identifiers() -> None:
    text = (
        "PMID- 28441597\nOWN - NLM\nDP  - 2017 Nov 15\nTI  - Differences in nitrate and phosphorus\n      zones from farmland.\n"
        "LID - S0048-9697(17)30912-9 [pii]\nLID - 10.1016/j.scitotenv.2017.04.075 [doi]\nAB  - A b.\nFAU - Neilen, Amanda D\nAU  - Neilen AD\n"
        "IS  - 1879-1026 (Electronic)\nVI  - 598\nPG  - 188-197\nJT  - The Science\nMH  - *Pain\nSI  - ClinicalTrials.gov/NCT01234567\n"
        "\nPMID- 2\nTI  - Last"
    )
    first, last = read_text(text, "x.nbib").records
    assert first.title == "Differences in nitrate and phosphorus zones from farmland."
    assert (first.pmid, first.doi, first.year) == (
        "28441597",
        "10.1016/j.scitotenv.2017.04.075",
        2017,
    )
    assert (first.authors, first.volume, first.pages, first.nct) == (
        ("Neilen, Amanda D",),
        "598",
        "188-197",
        "NCT01234567",
    )
    assert (last.pmid, last.title) == ("2", "Last")


def test_nbib_wrapped_without_indent_like_eric() -> None:
    result = read_text(
        "OWN - ERIC\nTI  - A title that\ngoes on\nDP  - 2001\n\nOWN - ERIC\nTI  - B\n", "x"
    )
    assert [r.title for r in result.records] == ["A title that goes on", "B"]


def test_web_of_science_lists_and_unknown_tags() -> None:
    text = "FN Clarivate\nVR 1.0\nPT J\nAU Li, W\n   Dou, Z\nTI Soil fauna in a\n   wetland\nSO ECOSYSTEMS\nBP 9\nEP 20\nPY 2020\nUK new tag\nUT WOS:1\nER\n\nEF"
    record = read_text(text, "x.txt").records[0]
    assert (record.authors, record.title, record.pages) == (
        ("Li, W", "Dou, Z"),
        "Soil fauna in a wetland",
        "9-20",
    )
    assert record.raw["UK"] == ("new tag",)


def test_endnote_xml_styles_and_carriage_returns() -> None:
    text = (
        '<?xml version="1.0"?><xml><records><record><rec-number>12</rec-number><ref-type name="Journal Article">17</ref-type>'
        "<contributors><authors><author><style>Jacobs, S</style></author></authors></contributors>"
        "<titles><title><style>Full-dose </style><style>90Y</style></title><secondary-title>Cancer</secondary-title></titles>"
        "<keywords><keyword>a&#xD;b</keyword></keywords><dates><year>2005</year></dates><custom7>odd</custom7></record></records></xml>"
    )
    record = read_text(text, "e.xml").records[0]
    assert (record.id, record.title, record.journal, record.keywords) == (
        "12",
        "Full-dose 90Y",
        "Cancer",
        ("a", "b"),
    )
    assert record.raw["custom7"] == ("odd",)


def test_xml_entities_are_never_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    bomb = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    text = (
        f'<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a0 "ha">{bomb}<!ENTITY f SYSTEM "file://{secret}">]>'
        "<xml><records><record><titles><title>T &a9; &f;</title></titles></record></records></xml>"
    )
    record = read_text(text, "b.xml").records[0]
    assert record.title.startswith("T")
    assert "SECRET" not in str(record.to_dict())
    assert len(record.title) < 100


def test_broken_xml_keeps_the_records_before_and_after() -> None:
    one = "<record><titles><title>{}</title></titles></record>"
    text = f"<xml><records>{one.format('A')}<record><titles><title>B</tit></record>{one.format('C')}</records></xml>"
    result = read_text(text, "x.xml")
    assert {"A", "C"} <= {r.title for r in result.records}
    assert result.problems


def test_pubmed_xml() -> None:
    text = (
        '<!DOCTYPE PubmedArticleSet PUBLIC "x" "https://dtd.nlm.nih.gov/x.dtd"><PubmedArticleSet><PubmedArticle><MedlineCitation>'
        "<PMID>31690499</PMID><Article><Journal><JournalIssue><Volume>5</Volume><PubDate><MedlineDate>2019 Jan-Feb</MedlineDate></PubDate></JournalIssue>"
        "<Title>Pain</Title></Journal><ArticleTitle>LSD <i>in</i> pain</ArticleTitle><Pagination><MedlinePgn>1-9</MedlinePgn></Pagination>"
        '<ELocationID EIdType="doi">10.1/ABC</ELocationID><Abstract><AbstractText Label="AIM">To <b>x</b>.</AbstractText><AbstractText Label="END">Y.</AbstractText></Abstract>'
        "<AuthorList><Author><LastName>Doe</LastName><ForeName>Jane</ForeName></Author><Author><CollectiveName>The Group</CollectiveName></Author></AuthorList>"
        "<PublicationTypeList><PublicationType>Review</PublicationType></PublicationTypeList><GrantList><Grant><GrantID>R01</GrantID></Grant></GrantList></Article>"
        "<MeshHeadingList><MeshHeading><DescriptorName>Pain</DescriptorName><QualifierName>drug therapy</QualifierName></MeshHeading></MeshHeadingList>"
        "</MedlineCitation></PubmedArticle></PubmedArticleSet>"
    )
    record = read_text(text, "p.xml").records[0]
    assert (record.title, record.abstract) == ("LSD in pain", "AIM: To x. END: Y.")
    assert (record.authors, record.year, record.mesh) == (
        ("Doe, Jane", "The Group"),
        2019,
        ("Pain/drug therapy",),
    )
    assert record.raw["MedlineCitation/Article/GrantList/Grant/GrantID"] == ("R01",)


def test_bibtex_accents_percent_signs_and_repeated_fields() -> None:
    text = (
        '@string{jp = "J. Pain"}\n@article{k1, author={M{\\"u}ller, J{\\\'o}zef and {World Health Organization}}, title={The {DNA} of 50\\% and 20% of \\ss},\n'
        "journal=jp, year=2020, pages={1--2}, funding_details={A}, funding_details={B}, funding_text 1={C}}\n@article{bad, title={unclosed\n@article{k2, title={Fine}}\n"
    )
    result = read_text(text, "x.bib")
    by_id = {r.id: r for r in result.records}
    first = by_id["k1"]
    assert first.authors == ("Müller, Józef", "World Health Organization")
    assert (first.title, first.journal, first.pages) == (
        "The DNA of 50% and 20% of ß",
        "J. Pain",
        "1-2",
    )
    assert first.raw["funding_details"] == ("A", "B")
    assert first.raw["funding_text 1"] == ("C",)
    assert by_id["k2"].title == "Fine"
    assert {p.line for p in result.problems} >= {2, 4}


def test_csv_of_embase_covidence_and_an_unknown_column() -> None:
    text = 'Title,Author Names,Source,Abstract,Odd\n"T, with comma","Liu R., Adler D.G.",Endosc (2014) 3:2 (152-160). Date of Publication: 2014,"A\nb",x\n'
    record = read_text(text, "e.csv").records[0]
    assert (record.title, record.authors, record.abstract) == (
        "T, with comma",
        ("Liu R.", "Adler D.G."),
        "A b",
    )
    assert (record.journal, record.year, record.volume, record.issue, record.pages) == (
        "Endosc",
        2014,
        "3",
        "2",
        "152-160",
    )
    assert record.raw["Odd"] == ("x",)


def test_csv_rows_of_the_wrong_length_are_kept_and_reported() -> None:
    result = read_text("title,year\nA,2001,surplus\nB\nC,2003\n", "x.csv")
    assert [r.title for r in result.records] == ["A", "B", "C"]
    assert result.records[0].raw["cells beyond the header"] == ("surplus",)
    assert [p.line for p in result.problems] == [2]


def test_semicolon_tables_with_lines_above_the_header() -> None:
    result = read_text(
        "About the data: exported on 1 May\nRank;Title;Authors;PubYear\n1;A;Doe, J; Roe, K;2001\n",
        "d.csv",
    )
    assert result.format == "table"
    assert result.records[0].title == "A"


def test_wrong_encodings_are_read_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.ris"
    path.write_bytes(
        RIS.replace("First", "Müller").encode() + RIS.replace("First", "Pélissier").encode("cp1252")
    )
    result = read(path)
    assert [r.title for r in result.records] == ["Müller", "Pélissier"]
    assert [p.line for p in result.problems if "UTF-8" in p.message] == [10]
    assert decode("ä".encode("utf-16-le") * 50).text == "ä" * 50


def test_json_of_registers_and_services() -> None:
    ctgov = {"studies": [{"protocolSection": {"identificationModule": {"nctId": "NCT01234567", "officialTitle": "A trial"},
             "statusModule": {"studyFirstSubmitDate": "2019-02-01"}, "descriptionModule": {"briefSummary": "S"}}, "resultsSection": {"x": 1}}]}  # fmt: skip
    record = read_text(json.dumps(ctgov), "c.json").records[0]
    assert (record.nct, record.title, record.year) == ("NCT01234567", "A trial", 2019)
    assert '"resultsSection":{"x":1}' in record.raw["json"][0]
    pmc = {
        "resultList": {
            "result": [
                {
                    "id": "31836719",
                    "source": "MED",
                    "pmid": "31836719",
                    "doi": "10.1038/X",
                    "title": "E <i>a</i>",
                    "journalTitle": "Sci Data",
                    "pubYear": "2019",
                    "authorString": "Doe J, Roe K.",
                }
            ]
        }
    }
    record = read_text(json.dumps(pmc), "e.json").records[0]
    assert (record.title, record.authors, record.doi) == ("E a", ("Doe J", "Roe K"), "10.1038/x")
    work = {"id": "https://openalex.org/W1", "title": "Clinical Labor", "publication_year": 2014, "abstract_inverted_index": {"b": [1], "A": [0, 2]},
            "authorships": [{"author": {"display_name": "Melinda Cooper"}}], "doi": "https://doi.org/10.1215/97"}  # fmt: skip
    record = read_text(json.dumps(work), "o.json").records[0]
    assert (record.abstract, record.authors, record.doi) == (
        "A b A",
        ("Cooper, Melinda",),
        "10.1215/97",
    )
    lines = (
        "\n".join(json.dumps(work | {"id": f"https://openalex.org/W{i}"}) for i in range(3))
        + "\n{broken\n"
    )
    result = read_text(lines, "o.jsonl")
    assert len(result.records) == 3
    assert result.problems[0].line == 4


def test_ictrp_and_euctr() -> None:
    ictrp = "<?xml version='1.0'?><Trials_downloaded_from_ICTRP><Trial><TrialID>ChiCTR2600132949 </TrialID><Public_title>P\n</Public_title><Date_registration>2026-09-20</Date_registration><Condition>pain&#x0D;&lt;br&gt;x</Condition></Trial></Trials_downloaded_from_ICTRP>"
    record = read_text(ictrp, "i.xml").records[0]
    assert (record.id, record.title, record.year, record.registrations) == (
        "ChiCTR2600132949",
        "P",
        2026,
        ("ChiCTR2600132949",),
    )
    block = "EudraCT Number: 2022-002568-62\nNational Competent Authority: {}\nA.3 Full title of the trial: T one\nA.3 Full title of the trial (es): T uno\nB.1.3.4\tCountry: UK\n\n"
    result = read_text("Summary\n\n" + block.format("Spain") + block.format("France"), "e.txt")
    assert len(result.records) == 1
    assert result.records[0].title == "T one"
    assert result.records[0].raw["National Competent Authority"] == ("Spain", "France")


def test_files_together_have_unique_ids(tmp_path: Path) -> None:
    for name in ("a.ris", "b.ris"):
        (tmp_path / name).write_text(RIS)
    assert [r.id for r in read_all([tmp_path / "a.ris", tmp_path / "b.ris"]).records] == [
        "1",
        "b:1",
    ]


def test_errors_say_what_is_accepted(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="empty"):
        read_text("  \n", "x")
    with pytest.raises(ReadError, match="no known format"):
        read_text("Dear colleague,\nplease find attached\n", "x")
    with pytest.raises(ReadError, match="broken JSON"):
        read_text('{"a": ', "x")
    with pytest.raises(ReadError, match="no such file"):
        read(tmp_path / "none")
    packed = tmp_path / "x.ris.gz"
    packed.write_bytes(gzip.compress(RIS.encode()))
    assert read(packed).records[0].title == "First"
    packed.write_bytes(gzip.compress(RIS.encode())[:-20])
    with pytest.raises(ReadError, match="gzip"):
        load_bytes(packed)
    assert MAX_BYTES >= 1_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Eriksson, Owen and Ågerfalk, Pär J.", ("Eriksson, Owen", "Ågerfalk, Pär J.")),
        ("['Jane Doe', \"Sean O'Hara\"]", ("Jane Doe", "Sean O'Hara")),
        ("Smith JA, Doe B", ("Smith JA", "Doe B")),
        ("Smith, J., Doe, B. C.", ("Smith, J.", "Doe, B. C.")),
        ("", ()),
    ],
)
def test_author_lists(text: str, expected: tuple[str, ...]) -> None:
    assert split_authors(text) == expected
