"""Files shaped like those of the PubMed baseline, from a seed and a few invented words.

Sizes follow the files of recent years: 30,000 records and 150 to 300 MB of XML each, about a tenth
of that when packed. A record holds what a MEDLINE record holds: journal, abstract with sections,
authors with affiliations, substances, headings with qualifiers, references, history.
"""

from __future__ import annotations

import gzip
import random
from pathlib import Path

_SYLLABLES = ["al", "an", "ar", "ation", "bio", "cal", "cel", "con", "cyt", "dem", "der", "di", "ec", "en", "er", "gen", "graph", "ic", "in", "ion", "is", "lys", "ment", "met", "micro", "neur", "o", "or", "os", "path", "ph", "phys", "ra", "re", "sis", "tion", "ther", "tro", "ul", "ur", "vas", "ver", "vi"]  # fmt: skip
_COMMON = ["the", "of", "and", "in", "to", "with", "a", "for", "was", "were", "by", "on", "that", "as", "from", "is", "at", "or", "we", "these", "an", "study", "patients", "results", "between", "after", "which", "this", "using", "group", "treatment", "effects", "analysis", "compared", "significantly", "data", "clinical", "associated", "may", "have", "not", "but", "than", "cells", "high", "levels"]  # fmt: skip
_PLACES = ["Boston, MA", "London", "Berlin", "Beijing", "Tokyo", "São Paulo", "Basel", "Toronto", "Seoul", "Paris"]  # fmt: skip
_RARE = ["Psilocybin", "Lysergic acid diethylamide", "Ketamine"]


class Maker:
    """Makes records; the same seed gives the same bytes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        words = random.Random(7)
        self.words = ["".join(words.choices(_SYLLABLES, k=words.choice((2, 3, 3, 4)))) for _ in range(9000)]  # fmt: skip
        self.weights = [1 / (rank + 8) for rank in range(len(self.words))]
        self.names = [w.capitalize() for w in self.words[:4000]]
        self.cumulated = _cumulated(self.weights)

    def text(self, n: int) -> str:
        """Return n words, every other one a common one."""
        rare = self.random.choices(self.words, cum_weights=self.cumulated, k=n)
        common = self.random.choices(_COMMON, k=n)
        out = [c if i % 2 else r for i, (r, c) in enumerate(zip(rare, common, strict=True))]
        return " ".join(out).capitalize()

    def record(self, pmid: int) -> str:
        """Return one ``PubmedArticle``; one in 500 is about one of three substances."""
        r = self.random
        year, month = r.randint(1995, 2025), r.randint(1, 12)
        rare = r.choice(_RARE) if pmid % 500 == 0 else ""
        pain = r.random() < (0.5 if rare else 0.05)
        title = self.text(r.randint(8, 18)) + (f" {rare.lower()}" if rare else "") + "."
        sections = "".join(
            f'<AbstractText Label="{label}" NlmCategory="{label}">{self.text(r.randint(25, 75))}{" pain" if pain else ""} (p &lt; 0.05; n = {r.randint(5, 900)}).</AbstractText>'
            for label in ("BACKGROUND", "METHODS", "RESULTS", "CONCLUSIONS")
        )
        authors = "".join(
            f'<Author ValidYN="Y"><LastName>{r.choice(self.names)}</LastName><ForeName>{r.choice(self.names)} {chr(65 + r.randrange(26))}</ForeName><Initials>{chr(65 + r.randrange(26))}</Initials>'
            f"<AffiliationInfo><Affiliation>Department of {r.choice(self.names)}, University of {r.choice(self.names)}, {r.choice(_PLACES)}.</Affiliation></AffiliationInfo></Author>"
            for _ in range(r.randint(2, 9))
        )
        mesh = "".join(
            f'<MeshHeading><DescriptorName UI="D{r.randrange(10**6):06d}" MajorTopicYN="N">{r.choice(self.names)}</DescriptorName><QualifierName UI="Q{r.randrange(10**6):06d}" MajorTopicYN="Y">metabolism</QualifierName></MeshHeading>'
            for _ in range(r.randint(4, 14))
        )
        references = "".join(
            f'<Reference><Citation>{r.choice(self.names)} J. {year - 3};{r.randint(1, 90)}({r.randint(1, 12)}):{r.randint(1, 999)}-9</Citation><ArticleIdList><ArticleId IdType="pubmed">{r.randrange(10**8)}</ArticleId></ArticleIdList></Reference>'
            for _ in range(r.choice((0, 0, 8, 20)))
        )
        history = "".join(
            f'<PubMedPubDate PubStatus="{s}"><Year>{year}</Year><Month>{month}</Month><Day>{r.randint(1, 28)}</Day><Hour>6</Hour><Minute>0</Minute></PubMedPubDate>'
            for s in ("received", "accepted", "pubmed", "medline", "entrez")
        )
        journal = r.choice(self.names[:300])
        return (
            f'<PubmedArticle><MedlineCitation Status="MEDLINE" IndexingMethod="Automated" Owner="NLM"><PMID Version="1">{pmid}</PMID><DateCompleted><Year>{year}</Year><Month>{month:02d}</Month><Day>11</Day></DateCompleted>'
            f'<Article PubModel="Print-Electronic"><Journal><ISSN IssnType="Electronic">{r.randrange(10**4):04d}-{r.randrange(10**4):04d}</ISSN><JournalIssue CitedMedium="Internet"><Volume>{r.randint(1, 99)}</Volume><Issue>{r.randint(1, 12)}</Issue><PubDate><Year>{year}</Year><Month>{month:02d}</Month></PubDate></JournalIssue><Title>Journal of {journal}</Title><ISOAbbreviation>J {journal}</ISOAbbreviation></Journal>'
            f'<ArticleTitle>{title}</ArticleTitle><Pagination><StartPage>{r.randint(1, 900)}</StartPage></Pagination><ELocationID EIdType="doi" ValidYN="Y">10.1016/j.{pmid}</ELocationID><Abstract>{sections}</Abstract><AuthorList CompleteYN="Y">{authors}</AuthorList><Language>eng</Language><PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList></Article>'
            f"<MedlineJournalInfo><Country>England</Country><MedlineTA>J {journal}</MedlineTA><NlmUniqueID>{r.randrange(10**8)}</NlmUniqueID></MedlineJournalInfo><MeshHeadingList>{mesh}</MeshHeadingList></MedlineCitation>"
            f'<PubmedData><History>{history}</History><PublicationStatus>ppublish</PublicationStatus><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId><ArticleId IdType="doi">10.1016/j.{pmid}</ArticleId></ArticleIdList><ReferenceList>{references}</ReferenceList></PubmedData></PubmedArticle>\n'
        )


def _cumulated(weights: list[float]) -> list[float]:
    out, total = [], 0.0
    for weight in weights:
        total += weight
        out.append(total)
    return out


def made_baseline(folder: Path, files: int, records: int, seed: int = 1) -> list[Path]:
    """Write files of so many records each; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    out = []
    for number in range(1, files + 1):
        maker = Maker(seed * 1000 + number)
        path = folder / f"pubmed26n{number:04d}.xml.gz"
        with gzip.open(path, "wt", compresslevel=6, encoding="utf-8") as handle:
            handle.write('<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE PubmedArticleSet SYSTEM "http://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n')  # fmt: skip
            for i in range(records):
                handle.write(maker.record(number * 100_000 + i))
            handle.write("</PubmedArticleSet>\n")
        out.append(path)
    return out
