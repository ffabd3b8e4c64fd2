"""Column names of CSV and TSV exports: which field each of them is."""

from __future__ import annotations

import re

__all__ = ["CITATION", "COLUMNS", "END", "KNOWN", "START", "TRIAL", "normalised"]

#: For each field the column names seen in exports, normalised, the most trustworthy first.
COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "recordid", "key", "covidence", "refid", "reviewid", "uniqueid", "rayyanid", "itemid", "citationid",
           "utuniquewosid", "ut", "eid", "lensid", "publicationid"),
    "title": ("title", "articletitle", "primarytitle", "documenttitle", "studytitle", "itemtitle", "publicationtitle1",
              "officialtitle", "scientifictitle", "publictitle", "titles", "ti", "t1", "originaltitle", "displayname",
              "brieftitle", "name"),
    "abstract": ("abstract", "abstracts", "abstractnote", "abstracttext", "notesabstract", "briefsummary",
                 "studysummary", "summary", "abstractinverted", "ab", "n2"),
    "authors": ("authors", "author", "authornames", "authorfullnames", "authors1", "au", "a1", "af",
                "firstauthors", "creators", "contributors", "authorsraw", "authorlist", "authorship",
                "authorshipsauthordisplayname", "authorshipsrawauthorname", "authorstring", "firstauthor"),
    "year": ("year", "publicationyear", "publishedyear", "pubyear", "py", "y1", "yearpublished", "yearofpublication",
             "dateofpublication", "publicationdate", "datepublished", "date", "published", "coverdate", "da", "firstposted",
             "studyfirstsubmitted", "dateregistration", "startdate"),
    "journal": ("journal", "journaltitle", "sourcetitle", "journalbook", "publicationtitle", "secondarytitle",
                "publication", "jf", "jt", "t2", "so", "booktitle", "journalname", "containertitle",
                "conferencetitle", "seriestitle", "publicationname", "sourceregister",
                "primarylocationsourcedisplayname", "sourcedisplayname", "hostvenuedisplayname", "venue"),
    "volume": ("volume", "journalvolume", "bibliovolume", "vol", "vl", "vi"),
    "issue": ("issue", "journalissue", "biblioissue", "number", "issuenumber", "no", "is", "ip"),
    "pages": ("pages", "page", "pagination", "pagerange", "pageinfo", "pg", "artno", "articlenumber", "ar"),
    "doi": ("doi", "itemdoi", "doilink", "di", "do", "digitalobjectidentifier", "electronicresourcenum"),
    "pmid": ("pmid", "pubmedid", "medlinepmid", "idspmid", "pm", "pubmed", "pubmedunique"),
    "keywords": ("keywords", "authorkeywords", "keyword", "manualtags", "automatictags", "indexkeywords", "keywordsauthor",
                 "keywordsplus", "emtreedrugindextermsmajorfocus", "emtreedrugindexterms",
                 "emtreemedicalindextermsmajorfocus", "emtreemedicalindexterms", "kw", "de", "subjects", "subject",
                 "keywordsdisplayname", "subjectterms"),
    "mesh": ("mesh", "meshterms", "meshheadings", "mh", "meshheading", "meshsubjectheadings", "meshdescriptorname"),
    "types": ("publicationtype", "publicationtypes", "documenttype", "entrytype", "itemtype", "type", "dt", "studytype", "reftype",
              "typeofwork", "articletype", "contenttype", "doctype"),
    "issn": ("issn", "issns", "printissn", "isbn", "isbns", "sn"),
    "language": ("language", "languages", "la", "languageoforiginaldocument"),
    "url": ("url", "link", "openurllink", "urls", "weblink", "web", "webaddress", "studyurl", "ur", "plink", "permalink",
            "fulltextlink", "sourceurls", "externalurl"),
    "source": ("database", "sourcedb", "sourcedatabase", "databasename", "db", "remotedatabasename",
               "dataprovider", "databaseprovider"),
    "registrations": ("registrations", "secondaryid", "otherids", "secondaryids", "clinicaltrialnumbers"),
    "nct": ("nctnumber", "nctid", "nct", "trialid", "registrationnumber"),
    "accession": ("accessionnumber", "accessionnum", "accession", "uniqueidentifier", "an", "ui"),
}  # fmt: skip
START = (
    "pagestart",
    "startpage",
    "firstpage",
    "bibliofirstpage",
    "startingpage",
    "sp",
    "bp",
    "beginningpage",
)
END = ("pageend", "endpage", "lastpage", "bibliolastpage", "ep", "endingpage")
CITATION = ("source", "citation", "bibliographiccitation", "reference", "so")
#: What a screener reads of a registered trial, in this order, where there is no abstract.
TRIAL = (
    "conditions", "condition", "interventions", "intervention", "primaryoutcomemeasures", "primaryoutcome", "outcomemeasures",
    "secondaryoutcomemeasures", "secondaryoutcome", "studydesign", "studydesigns", "phases", "phase", "enrollment", "targetsize",
    "inclusioncriteria", "exclusioncriteria",
)  # fmt: skip
KNOWN = {name for names in COLUMNS.values() for name in names} | {*START, *END, *CITATION}


def normalised(name: str) -> str:
    """Return the letters and digits of a column's name, lower case.

    >>> normalised("Author(s)"), normalised("Date_registration"), normalised("primary_location.source.display_name")
    ('authors', 'dateregistration', 'primarylocationsourcedisplayname')
    """
    return re.sub(r"[^a-z0-9]", "", name.lower())
