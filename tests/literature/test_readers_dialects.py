"""What the databases really write, in minimal imitations: every field arrives, nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aponia.literature.readers import read, read_text
from aponia.literature.record import Record


def one(text: str, name: str = "x") -> Record:
    (record,) = read_text(text, name).records
    return record


def test_psycnet_writes_a_tag_of_four_letters() -> None:
    record = one(
        "Provider: APA\n\nTY  - JOUR\nPMID  - 33355555\nT1  - Title\nA1  - Doe, J\nSP  - pp. 1-9\nER  -\n"
    )
    assert (record.pmid, record.types, record.pages) == ("33355555", ("Journal Article",), "1-9")


@pytest.mark.parametrize(
    ("lines", "pmid"),
    [
        ("DB  - Embase\nC5  - 15368318", "15368318"),
        ("N1  - Export Date: 1 May 2021\nC2  - 33500000\nDB  - Scopus", "33500000"),
        ("C3  - EMBASE 612345,PUBMED 28123456", "28123456"),
        ("U2  - PMID: NLM31234567.", "31234567"),
        ("DB  - MEDLINE\nAN  - 2345678901; 31234567", "31234567"),
        ("UR  - https://pubmed.ncbi.nlm.nih.gov/123/", "123"),
    ],
)
def test_each_database_has_its_own_place_for_the_pubmed_number(lines: str, pmid: str) -> None:
    assert one(f"TY  - JOUR\nTI  - T\n{lines}\nER  - ").pmid == pmid


def test_centrals_own_number_is_no_doi() -> None:
    url = "https://www.cochranelibrary.com/central/doi/10.1002/central/CN-01234567/full"
    head = "Record #1 of 2\nProvider: Wiley\n\nTY  - JOUR\nAN  - CN-01234567\nTI  - T\nYR  - 2017\nNO  - 3\n"
    assert one(f"{head}UR  - {url}\nER  - ").doi == ""
    record = one(f"{head}UR  - {url}\nUR  - https://doi.org/10.1000/Real.1/full\nER  - ")
    assert (record.doi, record.year, record.issue) == ("10.1000/real.1", 2017, "3")


def test_files_pasted_together_keep_every_record() -> None:
    text = "TY  - JOUR\nTI  - Strict\nER  - \n\ufeffTY - JOUR\nTI - Loose\nAB - a b\nER -\nty  - jour\nti  - lower case\ner  -\n"
    assert [r.title for r in read_text(text, "x").records] == ["Strict", "Loose", "lower case"]


def test_a_record_that_lost_its_first_line_is_still_one() -> None:
    text = "TY  - JOUR\nTI  - A\nER  - \nAU  - Doe, J\nTI  - B\nAB  - of two\n\nlines\nER  - \nstray\nTY  - JOUR\nTI  - C\nER  - "
    result = read_text(text, "x")
    assert [(r.title, r.abstract) for r in result.records] == [
        ("A", ""),
        ("B", "of two lines"),
        ("C", ""),
    ]
    assert [p.line for p in result.problems if p.lost] == [10]


def test_several_authors_and_keywords_under_one_tag() -> None:
    record = one(
        "TY  - JOUR\nTI  - T\nAU  - Doe, J; Roe, K\nA1  - Müller, A\nWeiß, B\nKW  - pain; LSD\nER  - "
    )
    assert record.authors == ("Doe, J", "Roe, K", "Müller, A", "Weiß, B")
    assert record.keywords == ("pain", "LSD")


def test_html_becomes_text_and_the_original_stays() -> None:
    record = one(
        "TY  - JOUR\nTI  - Effect of <i>R</i>-ketamine&#x2009;&amp; p&amp;lt;0.05\nJF  - Pain &amp; Therapy\nER  - "
    )
    assert (record.title, record.journal) == ("Effect of R-ketamine & p<0.05", "Pain & Therapy")
    assert "<i>R</i>" in record.raw["title with mark-up"][0]
    assert (
        one("TY  - JOUR\nTI  - AT&T; if a<b and c>d, ?x=1&copy=2\nER  - ").title
        == "AT&T; if a<b and c>d, ?x=1&copy=2"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_line_ends_and_encodings(tmp_path: Path, end: str, codec: str) -> None:
    for name, text in (
        (
            "a.ris",
            "TY  - JOUR\nTI  - Größe\nAU  - Müller, J\n\nAB  - é\nü\nER  - \nTY  - JOUR\nTI  - Two",
        ),
        ("b.csv", 'Title;Authors;Abstract\n"Größe; a";"Müller, J.; Roe, K.";é\nTwo;x;y\n'),
        ("c.nbib", "PMID- 1\nTI  - Größe\nFAU - Müller, J\n\nPMID- 2\nTI  - Two\n"),
        ("d.bib", "@article{a, title={Größe}, author={Müller, J}}\n@article{b, title={Two}}\n"),
    ):
        path = tmp_path / name
        path.write_bytes(text.replace("\n", end).encode(codec))
        records = read(path).records
        assert [r.title[:5] for r in records] == ["Größe", "Two"], name
        assert records[0].authors[0].startswith("Müller"), name


def test_ovids_citation_gives_what_has_no_tag_of_its_own() -> None:
    text = (
        "<1>\nVN  - Ovid Technologies\nDB  - Embase\nAU  - Smith J.\nAU  - Doe K.L.\nTI  - Ketamine for\n  CRPS\n"
        "SO  - Pain. 160 (5) (pp 1103-1112), 2019. Date of Publication: 01 May 2019.\nAB  - Aim: x\n  Methods: y\n\n"
        "<2>\nDB  - Ovid MEDLINE(R)\nUI  - 31000001\nTI  - Second\nSO  - Headache. 60(3):560-570, 2020 Mar.\n"
    )
    first, second = read_text(text, "x.txt").records
    assert (first.title, first.journal, first.volume, first.issue, first.pages, first.year) == (
        "Ketamine for CRPS",
        "Pain",
        "160",
        "5",
        "1103-1112",
        2019,
    )
    assert (second.journal, second.pages, second.pmid) == ("Headache", "560-570", "31000001")


def test_a_chapter_in_pubmed_has_its_books_title_as_journal() -> None:
    record = one(
        "PMID- 5\nTI  - Cluster Headache\nBTI - StatPearls\nDP  - 2023 Jan\nPT  - Book Chapter\n"
    )
    assert (record.title, record.journal, record.year) == ("Cluster Headache", "StatPearls", 2023)


def test_pubmed_xml_of_books_deleted_citations_and_broken_entities() -> None:
    book = (
        "<PubmedBookArticle><BookDocument><PMID>9</PMID><Book><BookTitle>StatPearls</BookTitle><PubDate><Year>2023</Year></PubDate></Book>"
        "<ArticleTitle>Headache&nbsp;at AT&T</ArticleTitle><AuthorList><Author><LastName>Doe</LastName><ForeName>J</ForeName></Author></AuthorList>"
        "<Abstract><AbstractText>Caf&eacute;.</AbstractText></Abstract></BookDocument></PubmedBookArticle>"
    )
    article = (
        "<PubmedArticle><MedlineCitation><PMID>2</PMID><Article><ArticleTitle>[Not Available].</ArticleTitle><VernacularTitle>Der Schmerz</VernacularTitle>"
        "<Pagination><StartPage>10</StartPage><EndPage>12</EndPage></Pagination></Article></MedlineCitation>"
        "<PubmedData><ReferenceList><Reference><ArticleIdList><ArticleId IdType='doi'>10.1000/other</ArticleId></ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>"
    )
    result = read_text(
        f"<PubmedArticleSet>{book}{article}<DeleteCitation><PMID>99</PMID></DeleteCitation></PubmedArticleSet>",
        "p.xml",
    )
    first, second = result.records
    assert (first.title, first.abstract, first.journal, first.authors) == (
        "Headache at AT&T",
        "Café.",
        "StatPearls",
        ("Doe, J",),
    )
    assert (second.title, second.pages, second.doi) == ("Der Schmerz", "10-12", "")
    assert "deleted from PubMed: 99" in result.problems[0].message


def test_bibtex_strings_parents_ties_and_broken_braces() -> None:
    text = (
        '@STRING{ann = {Annals of }}\n@string(jp = "Pain")\n@string(jp = "Twice")\n'
        '@article{a, author="M{\\"u}ller, J. and {van der Berg}, Jan and others", title={{5~mg of $\\beta$-X}}, journal = ann # jp, url={http://x.org/~u/a_b}, note={PMID: 31234567}}\n'
        '@inproceedings{c, author="Doe, Jane AND Roe, R", title="A {C}hild", crossref="p", pages="5 -- 9"}\n@proceedings{p, title={Proc. of Pain}, year={2019}}\n'
        "@article{b,\nAbstract = {an { unbalanced},\nKeywords = {x, @type:Person}, y,\nTitle = {Found all the same},\nYear = {1977},\n}\n@article{z, title={Last}}\n"
    )
    result = read_text(text, "x.bib")
    by_id = {r.id: r for r in result.records}
    first = by_id["a"]
    assert (first.title, first.journal, first.url, first.pmid) == (
        "5 mg of β-X",
        "Annals of Pain",
        "http://x.org/~u/a_b",
        "31234567",
    )
    assert first.authors == ("Müller, J.", "van der Berg, Jan")
    assert (by_id["c"].journal, by_id["c"].year, by_id["c"].pages) == ("Proc. of Pain", 2019, "5-9")
    assert (by_id["b"].title, by_id["b"].year, by_id["z"].title) == (
        "Found all the same",
        1977,
        "Last",
    )
    assert "unbalanced" in by_id["b"].raw["unparsed"][0]


SMITH = ("Smith, J.", "Doe, K.")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Scopus", '"Authors","Author full names","Title","Year","Source title","Volume","Issue","Art. No.","Page start","Page end","DOI","PubMed ID","Author Keywords","Source","EID"\n"Smith J.; Doe K.","Smith, John (57190000000); Doe, K (57190000001)","T, x","2021","Pain","22","3","","101","110","10.1093/PM/1","335","LSD; Pain, chronic","Scopus","2-s2.0-85"\n',
         {"title": "T, x", "authors": ("Smith J.", "Doe K."), "year": 2021, "pages": "101-110", "doi": "10.1093/pm/1", "pmid": "335", "keywords": ("LSD", "Pain, chronic"), "source": "Scopus"}),
        ("Web of Science", "PT\tAU\tAF\tTI\tSO\tDT\tDE\tID\tSN\tEI\tPY\tVL\tIS\tBP\tEP\tDI\tPM\tUT\nJ\tSmith, J; Doe, K\tSmith, John; Doe, Karen\tT\tPAIN\tArticle\tpain\tNMDA\t0304-3959\t\t2019\t160\t5\t1\t9\t10.1097/X\t31\tWOS:1\n",
         {"id": "WOS:1", "authors": ("Smith, John", "Doe, Karen"), "journal": "PAIN", "issue": "5", "pages": "1-9", "pmid": "31", "issn": "0304-3959"}),
        ("PubMed", 'PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,DOI\n36,T,"Schindler EAD, Sewell RA.",Headache. 2022 Nov;62(10):1383-1394. doi: 10.1111/head.14420.,Schindler EAD,Headache,2022,10.1111/head.14420\n',
         {"authors": ("Schindler EAD", "Sewell RA"), "volume": "62", "issue": "10", "pages": "1383-1394", "pmid": "36"}),
        ("Ovid", 'Ovid Technologies\nResults: 1\n"","DB","AU","TI","SO","AB"\n"1","Embase","Smith J.; Doe K.","T","Pain. 160 (5) (pp 1103-1112), 2019. Date of Publication: 01 May 2019.","Abs"\n',
         {"journal": "Pain", "volume": "160", "pages": "1103-1112", "year": 2019, "source": "Embase"}),
        ("Rayyan", 'key,title,year,journal,authors,abstract,notes,pubmed_id\nrayyan-1,T,2020,Pain,"Smith, John and Doe, Karen and Roe, R.","a\nb",n,123456\n',
         {"id": "rayyan-1", "authors": ("Smith, John", "Doe, Karen", "Roe, R."), "abstract": "a b", "pmid": "123456"}),
        ("Zotero", '"Key","Item Type","Publication Year","Author","Title","Publication Title","DOI","Extra","Manual Tags","Automatic Tags"\n"K1","journalArticle","2020","Smith, J.; Doe, K.","T","Pain","10.1000/x","PMID: 31234567","a; b","c"\n',
         {"id": "K1", "authors": SMITH, "pmid": "31234567", "keywords": ("a", "b", "c"), "journal": "Pain"}),
        ("EBSCO", 'Article Title,Author,Journal Title,Publication Date,Volume,First Page,Page Count,Doctype\nT,"Smith, J.; Doe, K.",Pain,20200501,1,33,5,Article\n',
         {"authors": SMITH, "year": 2020, "pages": "33", "types": ("Article",)}),
        ("Springer", '"Item Title","Publication Title","Journal Volume","Item DOI","Authors","Publication Year"\n"T","Nature","17","10.1007/1","Andy SmithTom WeberKen McDonald","2000"\n',
         {"authors": ("Andy Smith", "Tom Weber", "Ken McDonald"), "journal": "Nature", "volume": "17", "doi": "10.1007/1"}),
        ("OpenAlex", "id,display_name,publication_year,primary_location.source.display_name,authorships.author.display_name,biblio.first_page,biblio.last_page\nhttps://openalex.org/W1,T,2020,Pain,Jane Doe|Karl Roe,3,9\n",
         {"title": "T", "authors": ("Jane Doe", "Karl Roe"), "journal": "Pain", "pages": "3-9"}),
        ("Excel", "sep=;\nTitle;Authors;Year\nT;Smith, J.; Doe\n", {"title": "T", "authors": ("Smith, J.",)}),
    ],
)  # fmt: skip
def test_tables_of(name: str, text: str, expected: dict[str, object]) -> None:
    record = read_text(text, "x.csv").records[0]
    assert {key: getattr(record, key) for key in expected} == expected


def test_clinicaltrials_gov_as_a_table_is_a_registration() -> None:
    record = one(
        "NCT Number,Study Title,Study URL,Brief Summary,Conditions,Interventions,Sponsor,Study Type,Other IDs,Start Date,First Posted\n"
        "NCT02981173,Psilocybin in Cluster Headache,https://clinicaltrials.gov/study/NCT02981173,Aim.,Cluster Headache|Pain,DRUG: Psilocybin,Yale,INTERVENTIONAL,2016-001234-12,2017-11,2016-12-05\n"
    )
    assert (record.id, record.nct, record.year, record.journal, record.authors) == (
        "NCT02981173",
        "NCT02981173",
        2016,
        "ClinicalTrials.gov",
        ("Yale",),
    )
    assert record.registrations == ("NCT02981173", "2016-001234-12")
    assert record.types[0] == "Trial Registration"
    assert "Interventions: DRUG: Psilocybin." in record.abstract


def test_json_in_every_wrapping() -> None:
    study = {
        "protocolSection": {"identificationModule": {"nctId": "NCT01234567", "briefTitle": "B"}}
    }
    for data in (study, [study], {"studies": [study], "nextPageToken": "x"}):
        assert one(json.dumps(data, indent=2)).nct == "NCT01234567"
    assert one(
        json.dumps({"pagination": {}, "data": [{"ctNumber": "2023-505613-24-00", "ctTitle": "C"}]})
    ).registrations == ("2023-505613-24-00",)
    core = {"id": "1", "source": "MED", "pmid": "1", "title": "E", "pubYear": "2020", "abstractText": "<h4>Aim</h4>x",
            "authorList": {"author": [{"lastName": "Doe", "firstName": "J"}, {"collectiveName": "G"}]},
            "journalInfo": {"volume": "3", "issue": "4", "journal": {"title": "Pain"}}, "pageInfo": "1-9"}  # fmt: skip
    record = one(json.dumps({"version": "6.9", "hitCount": 1, "resultList": {"result": [core]}}))
    assert (
        record.authors,
        record.abstract,
        record.journal,
        record.volume,
        record.issue,
        record.pages,
    ) == (("Doe, J", "G"), "Aim x", "Pain", "3", "4", "1-9")
    work = {
        "id": "https://openalex.org/W1",
        "display_name": "O",
        "authorships": [],
        "abstract_inverted_index": None,
    }
    assert one(json.dumps({"meta": {"count": 1}, "results": [work]})).id == "W1"


def test_json_that_breaks_off_keeps_what_came_before() -> None:
    works = [
        {"id": f"https://openalex.org/W{i}", "title": "t", "authorships": []} for i in range(3)
    ]
    text = json.dumps({"results": works}, indent=1)
    result = read_text(text[:-40], "x.json")
    assert [r.id for r in result.records] == ["W0", "W1"]
    assert result.problems[0].lost


def test_a_record_that_can_not_be_mapped_is_reported_and_kept() -> None:
    odd = {"id": "https://openalex.org/W1", "title": "odd", "authorships": 5}
    fine = {"id": "https://openalex.org/W2", "title": "fine", "authorships": []}
    result = read_text(json.dumps([odd, fine]), "x.json")
    assert len(result.records) == 2
    assert result.records[1].title == "fine"
    assert any("could not be read" in p.message for p in result.problems)
    assert "odd" in result.records[0].raw["unread"][0]


def test_the_same_id_many_times_stays_quick() -> None:
    text = "title,id\n" + "A,same\n" * 20_000
    assert len({r.id for r in read_text(text, "x.csv").records}) == 20_000
