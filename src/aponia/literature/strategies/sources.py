"""The syntax of each source: how a list of words becomes a query there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from aponia.literature.strategies.concepts import Concept

__all__ = ["SOURCES", "Line", "Source"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a search, numbered from 1."""

    concept: str
    query: str


@dataclass(frozen=True, slots=True)
class Source:
    """A database or register.

    Parameters
    ----------
    id, name, platform, address : str
    kind : str
        ``database`` or ``register``.
    lines : callable
        Concepts to the lines of the search, the last of which is its result.
    export : str
        Which export to take.
    syntax : tuple of str
        What a searcher should know of the syntax used.
    syntax_source : str
        Where the syntax is documented.
    """

    id: str
    name: str
    platform: str
    address: str
    kind: str
    lines: Callable[[tuple[Concept, ...]], list[Line]]
    export: str
    syntax: tuple[str, ...]
    syntax_source: str

    @property
    def checked(self) -> str:
        """How far the syntax was checked; no strategy has been run yet."""
        return _READ if self.id in _DOCUMENTED else _NOT_READ


_DOCUMENTED = frozenset({"central", "openalex", "ictrp"})
_READ = "the source's documentation was read for it (2026-11-22); not run yet"
_NOT_READ = "written from knowledge of the source; its documentation could not be opened, and it was not run yet"
#: Names of the MeSH descriptors that the vocabulary gives by id.
MESH_NAMES = {
    "D011562": "Psilocybin", "D008238": "Lysergic Acid Diethylamide", "D004130": "N,N-Dimethyltryptamine",
    "D008732": "Methoxydimethyltryptamines", "D031581": "Banisteriopsis", "D008635": "Mescaline", "D006213": "Hallucinogens",
    "D018817": "N-Methyl-3,4-methylenedioxyamphetamine", "D007050": "Ibogaine", "D007649": "Ketamine",
    "D010146": "Pain", "D006261": "Headache", "D003027": "Cluster Headache", "D008881": "Migraine Disorders",
    "D020773": "Headache Disorders", "D010591": "Phantom Limb", "D005356": "Fibromyalgia", "D017116": "Low Back Pain",
    "D009437": "Neuralgia", "D020918": "Complex Regional Pain Syndromes", "D000072716": "Cancer Pain",
    "D059350": "Chronic Pain", "D043183": "Irritable Bowel Syndrome", "D059265": "Visceral Pain",
    "D010149": "Pain, Postoperative", "D010003": "Osteoarthritis", "D013705": "Temporomandibular Joint Disorders",
}  # fmt: skip
#: Headings of other thesauri, by concept.
_EMTREE = {
    "psychedelics": ("exp psychedelic agent/", "psilocybine/", "psilocin/", "lysergide/", "n,n dimethyltryptamine/", "ayahuasca/",
                     "mescaline/", "3,4 methylenedioxymethamphetamine/", "ibogaine/"),
    "ketamine": ("ketamine/", "esketamine/", "norketamine/"),
    "pain": ("exp pain/", 'exp "headache and facial pain"/', "exp migraine/", "exp analgesia/", "fibromyalgia/"),
}  # fmt: skip
_APA = {
    "psychedelics": ("exp Hallucinogenic Drugs/", "Psilocybin/", "Lysergic Acid Diethylamide/", "Mescaline/", "Methylenedioxymethamphetamine/"),
    "ketamine": ("Ketamine/",),
    "pain": ("exp Pain/", "exp Headache/", "exp Pain Management/", "Fibromyalgia/"),
}  # fmt: skip


def _or(parts: list[str]) -> str:
    return " OR ".join(parts)


def _quoted(term: str) -> str:
    return f'"{term}"' if re.search(r"[^\w*]", term) else term


def _combined(
    concepts: tuple[Concept, ...], query: Callable[[Concept], str], mark: str
) -> list[Line]:
    """One line a concept, and the combination of their numbers."""
    lines = [Line(c.name, query(c)) for c in concepts]
    numbers = [f"{mark}{n}" for n in range(1, len(lines) + 1)]
    lines.append(Line("result", f"({_or(numbers[:-1])}) AND {numbers[-1]}"))
    return lines


def _pubmed(concepts: tuple[Concept, ...]) -> list[Line]:
    def query(concept: Concept) -> str:
        headings = [f'"{MESH_NAMES[m]}"[mh]' for m in concept.mesh]
        return _or([*headings, *(f'"{t}"[tiab]' for t in concept.terms)])

    return _combined(concepts, query, "#")


def _ovid(
    headings: dict[str, tuple[str, ...]], fields: str
) -> Callable[[tuple[Concept, ...]], list[Line]]:
    def plain(term: str) -> str:
        # Ovid reads punctuation as a blank.
        return re.sub(r"\s+", " ", re.sub(r"[^\w* ]", " ", term.replace("'s", "*"))).strip()

    def lines(concepts: tuple[Concept, ...]) -> list[Line]:
        def query(concept: Concept) -> str:
            words = dict.fromkeys(plain(t) for t in concept.terms)
            return f"{' or '.join(headings[concept.name])} or ({' or '.join(words)}).{fields}."

        out = _combined(concepts, query, "")
        return [*out[:-1], Line("result", out[-1].query.replace("OR", "or").replace("AND", "and"))]

    return lines


def _central(concepts: tuple[Concept, ...]) -> list[Line]:
    def word(term: str) -> str:
        if "*" in term and " " in term:
            # A phrase in quotes takes no truncation there.
            return "(" + " NEXT ".join(term.split()) + ")"
        return _quoted(term)

    def query(concept: Concept) -> str:
        headings = [f'[mh "{MESH_NAMES[m]}"]' for m in concept.mesh]
        return _or([*headings, f"({_or([word(t) for t in concept.terms])}):ti,ab,kw"])

    return _combined(concepts, query, "#")


def _web_of_science(concepts: tuple[Concept, ...]) -> list[Line]:
    return _combined(concepts, lambda c: f"TS=({_or([_quoted(t) for t in c.terms])})", "#")


def _scopus(concepts: tuple[Concept, ...]) -> list[Line]:
    return _combined(
        concepts, lambda c: f"TITLE-ABS-KEY({_or([_quoted(t) for t in c.terms])})", "#"
    )


def _nested(concepts: tuple[Concept, ...], part: Callable[[Concept], str]) -> str:
    drugs, pain = [f"({part(c)})" for c in concepts[:-1]], f"({part(concepts[-1])})"
    return f"({_or(drugs)}) AND {pain}"


def _europe_pmc(concepts: tuple[Concept, ...]) -> list[Line]:
    def part(concept: Concept) -> str:
        return _or([f"TITLE_ABS:{_quoted(t)}" for t in concept.terms])

    return [Line("result", _nested(concepts, part))]


def _stemmed(terms: tuple[str, ...]) -> list[str]:
    """Words for a search that stems by itself and knows no truncation."""
    endings = {"psilocyb*": ("psilocybin", "psilocybe"), "psychedelic*": ("psychedelic",), "hallucinogen*": ("hallucinogen", "hallucinogenic"),
               "psychoplastogen*": ("psychoplastogen",), "entheogen*": ("entheogen",), "headache*": ("headache",),
               "migrain*": ("migraine", "migraineur"), "neuralgi*": ("neuralgia", "neuralgic"), "analges*": ("analgesia", "analgesic"),
               "nocicept*": ("nociception", "nociceptive"), "antinocicept*": ("antinociception", "antinociceptive"),
               "hyperalgesi*": ("hyperalgesia",), "allodyni*": ("allodynia",)}  # fmt: skip
    out = [w for t in terms for w in endings.get(t, (t,))]
    # Whole chemical names with commas would be read as separators.
    return list(dict.fromkeys(t for t in out if "," not in t and "*" not in t))


def _openalex(concepts: tuple[Concept, ...]) -> list[Line]:
    def short(concept: Concept) -> str:
        words = _stemmed(concept.terms)
        # Words are cut at hyphens there, so "lsd" finds "LSD-25"; the address holds 4 KB at most.
        kept = [
            w
            for w in words
            if not any(o != w and re.search(rf"(?<!\w){re.escape(o)}(?!\w)", w) for o in words)
        ]
        return _or([_quoted(w) for w in kept])

    return [Line("result", "filter=title_and_abstract.search:" + _nested(concepts, short))]


def _clinicaltrials(concepts: tuple[Concept, ...]) -> list[Line]:
    drugs = [w for c in concepts[:-1] for w in _stemmed(c.terms)]
    return [
        Line("intervention", f"query.intr={_or([_quoted(w) for w in drugs])}"),
        Line("condition", f"query.cond={_or([_quoted(w) for w in _stemmed(concepts[-1].terms)])}"),
        Line("result", "both parameters in one request: query.intr AND query.cond"),
    ]


def _ictrp(concepts: tuple[Concept, ...]) -> list[Line]:
    def part(concept: Concept) -> str:
        return _or([_quoted(w) for w in _stemmed(concept.terms)])

    return [Line("result", _nested(concepts, part))]


def _ctis(concepts: tuple[Concept, ...]) -> list[Line]:
    return [
        Line("result", ", ".join(w for c in concepts[:-1] for w in _stemmed(c.terms))),
    ]


_CHECK = "Thesaurus headings were written from knowledge of the thesaurus and could not be looked up: check each before the first run."
SOURCES: tuple[Source, ...] = (
    Source("pubmed", "MEDLINE and the rest of PubMed", "PubMed (NLM)", "https://pubmed.ncbi.nlm.nih.gov/advanced/", "database", _pubmed,
           "Send to > Citation manager (.nbib), or Save > PubMed; never CSV, which has no abstracts",
           ('"…"[tiab] searches title, abstract and author keywords; a star at the end of a word, also inside quotation marks, stands for any ending (four letters at least before it).',
            '"…"[mh] explodes a MeSH heading.'),
           "https://pubmed.ncbi.nlm.nih.gov/help/"),
    Source("embase", "Embase", "Ovid", "https://ovidsp.ovid.com/", "database", _ovid(_EMTREE, "ti,ab,kf,dq"),
           "Export > RIS, fields: complete reference",
           ("exp …/ explodes an Emtree heading; .ti,ab,kf,dq. searches title, abstract, author keywords and candidate terms; * truncates; punctuation counts as a blank.", _CHECK),
           "https://ospguides.ovid.com/OSPguides/embase.htm"),
    Source("psycinfo", "APA PsycInfo", "Ovid", "https://ovidsp.ovid.com/", "database", _ovid(_APA, "ti,ab,id"),
           "Export > RIS, fields: complete reference",
           ("exp …/ explodes a heading of the APA Thesaurus; .ti,ab,id. searches title, abstract and key concepts; * truncates.", _CHECK),
           "https://ospguides.ovid.com/OSPguides/psycdb.htm"),
    Source("central", "Cochrane Central Register of Controlled Trials", "Cochrane Library, Search manager", "https://www.cochranelibrary.com/advanced-search/search-manager", "database", _central,
           "Trials tab > Select all > Export selected citations > RIS, with abstract",
           ('A phrase in quotation marks takes no truncation: words with a star are joined by NEXT. [mh "…"] explodes. Turn "Search word variations" off.',),
           "https://www.cochranelibrary.com/search-manager-help"),
    Source("web-of-science", "Web of Science Core Collection", "Clarivate", "https://www.webofscience.com/wos/woscc/advanced-search", "database", _web_of_science,
           "Export > Plain text file or RIS > Full record",
           ("TS= searches title, abstract, author keywords and Keywords Plus; stars are allowed inside quotation marks.",),
           "https://webofscience.help.clarivate.com/"),
    Source("scopus", "Scopus", "Elsevier", "https://www.scopus.com/search/form.uri?display=advanced", "database", _scopus,
           "Export > RIS or CSV, all fields",
           ("TITLE-ABS-KEY searches title, abstract and keywords; double quotation marks make a loose phrase: punctuation is ignored and stars work.",),
           "https://service.elsevier.com/app/answers/detail/a_id/11213/supporthub/scopus/"),
    Source("europe-pmc", "Europe PMC", "EMBL-EBI, website or REST", "https://europepmc.org/advancesearch", "database", _europe_pmc,
           "REST search with resultType=core&format=json, paged by cursorMark",
           ("TITLE_ABS: searches title and abstract; a star ends a single word. Holds preprints, which PubMed mostly lacks.",),
           "https://europepmc.org/searchsyntax"),
    Source("openalex", "OpenAlex", "OpenAlex API", "https://api.openalex.org/works", "database", _openalex,
           "JSON of /works, paged by cursor=*",
           ("AND, OR, NOT in capitals, phrases in quotation marks; words are stemmed, there is no truncation here; commas would end the filter. The whole address may be about 4 KB long: encode it before counting.",),
           "https://developers.openalex.org/guides/searching"),
    Source("clinicaltrials-gov", "ClinicalTrials.gov", "API v2", "https://clinicaltrials.gov/api/v2/studies", "register", _clinicaltrials,
           "JSON of /studies, paged by nextPageToken",
           ("Both areas are searched with the register's own synonyms; OR in capitals, phrases in quotation marks.",),
           "https://clinicaltrials.gov/find-studies/constructing-complex-search-queries"),
    Source("ctis", "EU Clinical Trials Information System", "public website", "https://euclinicaltrials.eu/search-for-clinical-trials/", "register", _ctis,
           "JSON of each trial",
           ('The words go into the field "Contains any of these terms", separated by commas. The register can not combine two lists, so pain is judged at screening.',
            "The field was not tried out; compare one run with single words."),
           "https://euclinicaltrials.eu/"),
    Source("ictrp", "WHO International Clinical Trials Registry Platform", "WHO search portal", "https://trialsearch.who.int/", "register", _ictrp,
           "Export results to XML",
           ("Standard search, recruitment status All; phrases in quotation marks, brackets nest. Without stars, for truncation turns the portal's synonyms off.",),
           "https://www.who.int/tools/clinical-trials-registry-platform/the-ictrp-search-portal/search-tips"),
)  # fmt: skip
