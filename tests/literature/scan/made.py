"""Small PubMed files for the tests."""

from __future__ import annotations

import gzip
from pathlib import Path

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet SYSTEM "pubmed.dtd">\n<PubmedArticleSet>\n'
END = "</PubmedArticleSet>\n"


def article(pmid: int, title: str, abstract: str = "", extra: str = "", version: int = 1) -> str:
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="{version}">{pmid}</PMID>'
        "<Article><Journal><ISSN>1234-5678</ISSN><JournalIssue><Volume>3</Volume><PubDate><Year>2021</Year><Month>May</Month>"
        f"</PubDate></JournalIssue><Title>Journal of Tests</Title></Journal><ArticleTitle>{title}</ArticleTitle>"
        f"<Abstract><AbstractText>{abstract}</AbstractText></Abstract><AuthorList><Author><LastName>Müller</LastName>"
        f"<ForeName>Jörg</ForeName><Initials>J</Initials></Author></AuthorList><Language>eng</Language>{extra}</Article>"
        "</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType=\"doi\">10.1000/"
        f"{pmid}</ArticleId></ArticleIdList></PubmedData></PubmedArticle>\n"
    )  # fmt: skip


def corpus(first: int, n: int, every: int = 10) -> str:
    """Return n records; each `every`-th is about psilocybin."""
    out = []
    for pmid in range(first, first + n):
        title = (
            "Psilocybin in headache" if pmid % every == 0 else f"A study of something else {pmid}"
        )
        out.append(article(pmid, title, f"Some words on methods & results {pmid * 7919}. ".replace("&", "&amp;") * 12))  # fmt: skip
    return HEAD + "".join(out) + END


def write(path: Path, text: str | bytes) -> Path:
    data = text.encode() if isinstance(text, str) else text
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, 6) if path.suffix == ".gz" else data)
    return path
