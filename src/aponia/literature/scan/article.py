"""What a query can ask of one record, out of PubMed XML or out of a record of any other source."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from aponia.literature.record import Record
from aponia.literature.scan.words import fold

__all__ = ["Article", "article_of_node", "article_of_record"]

_MONTHS = {m: i for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_ISO_639 = {
    "en": "eng", "fr": "fre", "de": "ger", "es": "spa", "it": "ita", "pt": "por", "ru": "rus", "zh": "chi",
    "ja": "jpn", "pl": "pol", "nl": "dut", "da": "dan", "sv": "swe", "no": "nor", "fi": "fin", "cs": "cze",
    "hu": "hun", "tr": "tur", "ko": "kor", "he": "heb", "ar": "ara", "uk": "ukr", "el": "gre", "ro": "rum",
}  # fmt: skip


@dataclass(frozen=True)
class Article:
    """The values of one record by field tag, as the source states them.

    Parameters
    ----------
    title, abstract, keywords : tuple of str
        Searched word by word.
    headings, major, substances, types, journals, languages : tuple of str
        Searched value by value; a heading stands alone and once more with each of its qualifiers.
    authors : tuple of (family, initials, given) or of a single collective name
    dates : tuple of (int, int)
        Earliest and latest day of each date of publication, ``yyyymmdd``.
    pmid : str
    """

    title: tuple[str, ...] = ()
    abstract: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    major: tuple[str, ...] = ()
    substances: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    authors: tuple[tuple[str, ...], ...] = ()
    dates: tuple[tuple[int, int], ...] = ()
    pmid: str = ""
    _folded: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def values(self, tag: str) -> tuple[str, ...]:
        """Return the folded values of a field, one of `terms.FIELDS`."""
        if tag not in self._folded:
            self._folded[tag] = tuple(f for v in self._raw(tag) if (f := fold(v)))
        return self._folded[tag]

    def _raw(self, tag: str) -> tuple[str, ...]:
        words = (*self.title, *self.abstract, *self.keywords)
        text = (*words, *self.headings, *self.substances, *self.types)
        return {
            "ti": self.title, "ab": self.abstract, "ot": self.keywords, "tiab": words, "mh": self.headings,
            "majr": self.major, "nm": self.substances, "pt": self.types, "ta": self.journals, "la": self.languages,
            "pmid": (self.pmid,), "tw": text,
            "all": (*text, *(" ".join(a) for a in self.authors), *(" ".join(a[:2]) for a in self.authors), *self.journals, *self.languages, self.pmid),
        }[tag]  # fmt: skip

    @cached_property
    def names(self) -> tuple[tuple[str, str, str], ...]:
        """Folded (family, initials as one word, given names) of each author."""
        return tuple(
            (fold(a[0]), fold(a[1]).replace(" ", "") if len(a) > 1 else "", fold(a[2]) if len(a) > 2 else "")
            for a in self.authors
        )  # fmt: skip


def text_of(element: etree._Element | None) -> str:
    """Return the text inside; a child in capital letters is no mark-up within a word, but parts words.

    `necessary` looks for words across small-letter mark-up only; the two must agree.
    """
    if element is None:
        return ""
    if not len(element):
        return element.text or ""
    out = [element.text or ""]
    for child in element:
        inline = isinstance(child.tag, str) and child.tag[:1].islower()
        out += [text_of(child) if isinstance(child.tag, str) else "", child.tail or ""]
        if not inline:
            out[-2] = f" {out[-2]} "
    return "".join(out)


def texts_of(element: etree._Element, path: str) -> list[str]:
    """Return the texts of the elements at a path, empty ones left out."""
    return [t for child in element.iterfind(path) if (t := text_of(child).strip())]


def _date(place: etree._Element | None) -> tuple[int, int] | None:
    if place is None:
        return None
    year = text_of(place.find("Year")).strip()
    if not re.fullmatch(r"[12]\d{3}", year):
        years = re.findall(r"(?<!\d)[12]\d{3}(?!\d)", text_of(place))
        return (int(years[0]) * 10_000, int(years[-1]) * 10_000 + 9999) if years else None
    start = int(year) * 10_000
    month = text_of(place.find("Month")).strip()
    number = (
        int(month)
        if month.isascii() and month.isdecimal() and len(month) <= 2
        else _MONTHS.get(month[:3].lower(), 0)
    )
    if not 1 <= number <= 12:
        return start, start + 9999
    day = text_of(place.find("Day")).strip()
    if not re.fullmatch(r"[0-3]?[0-9]", day):
        return start + number * 100, start + number * 100 + 99
    return (start + number * 100 + int(day),) * 2


def article_of_node(node: etree._Element) -> Article:
    """Read a ``PubmedArticle``, ``PubmedBookArticle`` or ``MedlineCitation``."""
    book = node.find("BookDocument")
    citation = node.find("MedlineCitation")
    if citation is None:
        citation = node if book is None else book
    article = citation.find("Article")
    if article is None:
        article = citation
    headings: list[str] = []
    major: list[str] = []
    for heading in citation.iterfind("MeshHeadingList/MeshHeading"):
        descriptor = heading.find("DescriptorName")
        name = text_of(descriptor)
        marks = [(text_of(q), q.get("MajorTopicYN") == "Y") for q in heading.iterfind("QualifierName")]  # fmt: skip
        headings += [name, *(f"{name}/{q}" for q, _ in marks)]
        own = descriptor is not None and descriptor.get("MajorTopicYN") == "Y"
        if own or any(m for _, m in marks):
            major += [name, *(f"{name}/{q}" for q, m in marks if m)]
    authors: list[tuple[str, ...]] = []
    for author in article.iterfind("AuthorList/Author"):
        family, given = text_of(author.find("LastName")), text_of(author.find("ForeName"))
        initials = text_of(author.find("Initials"))
        group = text_of(author.find("CollectiveName"))
        if family:
            authors.append((family, initials, given))
        elif group:
            authors.append((group,))
    dates = [_date(p) for p in (article.find("Journal/JournalIssue/PubDate"), *article.iterfind("ArticleDate"),
                                citation.find("Book/PubDate"))]  # fmt: skip
    return Article(
        title=tuple(texts_of(article, "ArticleTitle") + texts_of(article, "VernacularTitle") + texts_of(citation, "Book/BookTitle")),
        abstract=tuple(
            text
            for where in (*article.iterfind("Abstract"), *citation.iterfind("OtherAbstract"))
            for part in where.iterfind("AbstractText")
            for text in (str(part.get("Label") or ""), text_of(part))
        ),
        keywords=tuple(texts_of(citation, "KeywordList/Keyword")),
        headings=tuple(headings),
        major=tuple(major),
        substances=tuple(texts_of(citation, "ChemicalList/Chemical/NameOfSubstance")
                         + texts_of(citation, "ChemicalList/Chemical/RegistryNumber")
                         + texts_of(citation, "SupplMeshList/SupplMeshName")),
        types=tuple(texts_of(article, "PublicationTypeList/PublicationType") + texts_of(citation, "PublicationType")),
        journals=tuple(dict.fromkeys(
            texts_of(article, "Journal/Title") + texts_of(article, "Journal/ISOAbbreviation") + texts_of(article, "Journal/ISSN")
            + texts_of(citation, "MedlineJournalInfo/MedlineTA") + texts_of(citation, "MedlineJournalInfo/ISSNLinking"))),
        languages=tuple(texts_of(article, "Language")),
        authors=tuple(authors),
        dates=tuple(dict.fromkeys(d for d in dates if d)),
        pmid=text_of(citation.find("PMID")).strip().lstrip("0"),
    )  # fmt: skip


def article_of_record(record: Record) -> Article:
    """Take what a record of another source holds; there are no major topics and no substances in it."""
    authors: list[tuple[str, ...]] = []
    for name in record.authors:
        family, comma, given = name.partition(",")
        initials = "".join(w[0] for w in fold(given).split())
        authors.append((family, initials, given) if comma else (name,))
    headings = [h for m in record.mesh for h in dict.fromkeys((m.split("/")[0], m))]
    year = record.year
    language = record.language.lower()
    return Article(
        title=(record.title,) if record.title else (),
        abstract=(record.abstract,) if record.abstract else (),
        keywords=record.keywords,
        headings=tuple(headings),
        types=record.types,
        journals=tuple(v for v in (record.journal, record.issn) if v),
        languages=(_ISO_639.get(language, language),) if language else (),
        authors=tuple(authors),
        dates=((year * 10_000, year * 10_000 + 9999),) if year else (),
        pmid=record.pmid.lstrip("0"),
    )
