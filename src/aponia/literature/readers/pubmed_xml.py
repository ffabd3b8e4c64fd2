"""PubMed XML: PubmedArticle, PubmedBookArticle, and the older MedlineCitation alone."""

from __future__ import annotations

from lxml import etree

from aponia.literature.readers.identifiers import find_doi, registrations, year_of
from aponia.literature.readers.text import clean
from aponia.literature.readers.xmlsafe import leaves, text_of, texts_of
from aponia.literature.record import Record

__all__ = ["PUBMED_TAGS", "pubmed_record"]

PUBMED_TAGS = ("PubmedArticle", "PubmedBookArticle")

_A = "MedlineCitation/Article"
_TAKEN = frozenset({
    "MedlineCitation/PMID", f"{_A}/ArticleTitle", f"{_A}/Abstract", f"{_A}/Journal/Title",
    f"{_A}/Journal/JournalIssue/Volume", f"{_A}/Journal/JournalIssue/Issue",
    f"{_A}/Pagination/MedlinePgn", f"{_A}/PublicationTypeList", f"{_A}/Language",
    "MedlineCitation/MeshHeadingList", "MedlineCitation/KeywordList",
    "@ValidYN", "@MajorTopicYN", "@CompleteYN", "@Version", "@UI",
})  # fmt: skip


def _authors(node: etree._Element | None) -> list[str]:
    out = []
    for author in node.iterfind("Author") if node is not None else ():
        family = clean(text_of(author.find("LastName")))
        given = clean(text_of(author.find("ForeName")) or text_of(author.find("Initials")))
        suffix = clean(text_of(author.find("Suffix")))
        group = clean(text_of(author.find("CollectiveName")))
        name = ", ".join(p for p in (family, given, suffix) if p) or group
        if name:
            out.append(name)
    return out


def _abstract(node: etree._Element | None) -> str:
    parts = []
    for part in node.iterfind("AbstractText") if node is not None else ():
        label, text = clean(str(part.get("Label") or "")), clean(text_of(part))
        if text:
            parts.append(f"{label}: {text}" if label and label != "UNLABELLED" else text)
    return " ".join(parts)


def _year(*places: etree._Element | None) -> int | None:
    for place in places:
        if place is not None:
            year = year_of(text_of(place.find("Year")) or text_of(place.find("MedlineDate")))
            if year:
                return year
    return None


def pubmed_record(node: etree._Element, own_id: str) -> Record:
    """Map one article; affiliations, grants, history, references and the like go to ``raw``."""
    book = node.find("BookDocument")
    citation = node.find("MedlineCitation")
    if book is not None:
        return _book(node, book, own_id)
    if citation is None:
        citation = node
    article = citation.find("Article")
    if article is None:
        article = citation
    journal = article.find("Journal")
    issue = journal.find("JournalIssue") if journal is not None else None
    pmid = clean(text_of(citation.find("PMID")))
    ids = texts_of(article, "ELocationID[@EIdType='doi']") + texts_of(
        node, "PubmedData/ArticleIdList/ArticleId[@IdType='doi']"
    )
    banks = texts_of(article, "DataBankList/DataBank/AccessionNumberList/AccessionNumber")
    mesh = []
    for heading in citation.iterfind("MeshHeadingList/MeshHeading"):
        name = clean(text_of(heading.find("DescriptorName")))
        marks = [clean(t) for t in texts_of(heading, "QualifierName")]
        mesh.append("/".join([name, *marks]))
    abstract = _abstract(article.find("Abstract")) or _abstract(citation.find("OtherAbstract"))
    title = clean(text_of(article.find("ArticleTitle")))
    if not title or title.strip("[].").lower() == "not available":
        title = clean(text_of(article.find("VernacularTitle"))) or title
    numbers = registrations([*banks, title, abstract])
    pages = clean(text_of(article.find("Pagination/MedlinePgn")))
    if not pages:
        first = clean(text_of(article.find("Pagination/StartPage")))
        last = clean(text_of(article.find("Pagination/EndPage")))
        pages = f"{first}-{last}" if first and last else first
    raw = {
        path: tuple(values)
        for path, v in leaves(node, _TAKEN).items()
        if (values := [c for t in v if (c := clean(t))])
    }
    return Record(
        id=own_id or pmid,
        title=title,
        abstract=abstract,
        authors=tuple(_authors(article.find("AuthorList"))),
        year=_year(issue.find("PubDate") if issue is not None else None, article.find("ArticleDate"),
                   citation.find("DateCompleted"), citation.find("DateCreated")),
        journal=clean(text_of(article.find("Journal/Title")) or text_of(article.find("Journal/ISOAbbreviation"))
                      or text_of(citation.find("MedlineJournalInfo/MedlineTA"))),
        volume=clean(text_of(issue.find("Volume"))) if issue is not None else "",
        issue=clean(text_of(issue.find("Issue"))) if issue is not None else "",
        pages=pages,
        doi=next((d for i in ids if (d := find_doi(i))), ""),
        pmid=pmid,
        nct=next((n for n in numbers if n.startswith("NCT")), ""),
        keywords=tuple(dict.fromkeys(clean(t) for t in texts_of(citation, "KeywordList/Keyword"))),
        mesh=tuple(mesh),
        types=tuple(clean(t) for t in texts_of(article, "PublicationTypeList/PublicationType")),
        registrations=numbers,
        issn=clean(text_of(article.find("Journal/ISSN"))),
        language=clean(text_of(article.find("Language"))),
        source="PubMed",
        line=int(node.sourceline or 0),
        raw=raw,
    )  # fmt: skip


def _book(node: etree._Element, book: etree._Element, own_id: str) -> Record:
    pmid = clean(text_of(book.find("PMID")))
    title = clean(text_of(book.find("ArticleTitle")))
    name = clean(text_of(book.find("Book/BookTitle")))
    ids = texts_of(book, "ArticleIdList/ArticleId[@IdType='doi']")
    abstract = _abstract(book.find("Abstract"))
    numbers = registrations([title, abstract])
    return Record(
        id=own_id or pmid, title=title or name, abstract=abstract,
        authors=tuple(_authors(book.find("AuthorList")) or _authors(book.find("Book/AuthorList"))),
        year=_year(book.find("Book/PubDate"), book.find("ContributionDate")),
        journal=name if title else "", pmid=pmid, doi=next((d for i in ids if (d := find_doi(i))), ""),
        nct=next((n for n in numbers if n.startswith("NCT")), ""), registrations=numbers,
        keywords=tuple(dict.fromkeys(clean(t) for t in texts_of(book, "KeywordList/Keyword"))),
        types=tuple(clean(t) for t in texts_of(book, "PublicationType")) or ("Book",),
        issn=clean(text_of(book.find("Book/Isbn"))), language=clean(text_of(book.find("Language"))),
        source="PubMed", line=int(node.sourceline or 0),
        raw={p: tuple(clean(t) for t in v) for p, v in leaves(node, frozenset()).items()},
    )  # fmt: skip
