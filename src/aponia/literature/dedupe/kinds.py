"""What kind of publication a record is, where that keeps look-alikes apart.

An erratum, a reply, a protocol, a preprint and a registry entry all carry the title of the paper
they belong to. None of them is a copy of it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from aponia.literature.dedupe.folding import fold
from aponia.literature.record import Record

__all__ = ["bare_title", "is_preprint", "kind_of", "language_of", "register_number", "shape_of"]

_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,40}>")
#: What databases put around a title: a translated title in brackets, the original after it, marks of kind.
_TAIL = re.compile(
    r"[\s.\-–:;]*[\[(](?:erratum|corrected|correction|retracted(?: article| publication)?|published erratum|see comments?|"
    r"(?:letter|editorial|news)?[;, ]*comment|abstract(?: no\.?.{0,12})?|german|french|spanish|chinese|japanese|italian|russian|"
    r"portuguese|article in \w+|review|letter|editorial|online|electronic(?: resource)?|internet|\d+ refs?|"
    r"corrected\] \[published erratum.*)[\])]\.?\s*$",
    re.IGNORECASE,
)
#: A note *about* the record: that an erratum or a comment exists elsewhere.
_NOTE = re.compile(
    r"\[[^\[\]]*(?:appears in|see comments?|comment in|published erratum|erratum in|corrected|update (?:of|in))[^\[\]]*\]",
    re.I,
)
#: Put before the title of a paper that was withdrawn later: still the same paper.
_WITHDRAWN = re.compile(r"^\W*(?:retracted(?: article)?|withdrawn|removed)\b\s*[:.\-–\])]\s*", re.I)
_KIND = (
    ("erratum", re.compile(
        r"\b(?:erratum|errata|corrigend\w+|addendum)\b|\bcorrections? (?:to|of|for)\b|^\W*corrections?\b\W|^\W*correction$|"
        r"\b(?:publisher|author)'?s? correction|\(vol\.? ?\w+,? ?(?:(?:no|iss)\.? ?\w+,? ?)?(?:pg?|pp|art)\.? ?\w+[^)]*\)", re.I)),
    ("retraction", re.compile(r"\b(?:retraction(?: of| notice)?:|notice of retraction|retraction note|expression of concern)|^\W*retraction\b", re.I)),
    ("reply", re.compile(
        r"^\W*(?:in )?(?:repl(?:y|ies)|response|rejoinder|(?:the )?authors?'?s? (?:repl(?:y|ies)|response))\b|"
        r"[:.\-–—\[(?]\s*(?:a |the |in |authors?'?s?'? )?(?:reply|response|rejoinder)\W*$", re.I)),
    ("comment", re.compile(
        r"^\W*(?:re\s*:|comments?\s*(?:on|to|:)|(?:invited |editorial )?comment(?:ary)?\s*(?:on|to|:)|letter(?: to the editor)?\s*[:.]|correspondence\s*:|"
        r"discussion (?:of|on)\b)|\bcommentary\b", re.I)),
    ("protocol", re.compile(
        r"\b(?:study|trial|review|statistical analysis)? ?(?:protocol|plan)\b(?: for| of|:|\W*$)|\b(?:rationale and design|design and rationale)\b", re.I)),
)  # fmt: skip
_CORRECTION_TYPES = {"published erratum": "erratum", "erratum": "erratum", "correction": "erratum", "corrigendum": "erratum",
                     "correction addition": "erratum", "retraction of publication": "retraction", "retraction": "retraction",
                     "expression of concern": "retraction"}  # fmt: skip
_ABSTRACTS = {"abstract", "conference abstract", "meeting abstract"}
_BOOKS = {"book", "book section", "book chapter", "chapter", "incollection", "inbook"}
_THESES = {"thesis", "phdthesis", "mastersthesis", "dissertation"}
#: Says of a record only that it is some item; not that it is no abstract.
_VAGUE = {"generic", "article", "misc", "journal article", "unpublished", "other"}
_PREPRINT_PLACE = re.compile(
    r"\b(?:med|bio|ar|chem|psy|socar|edar|engr|paleor|ecoevor|agri|soc)r?xiv\b|\bssrn\b|research ?square|preprints(?:\.org)?\b|"
    r"\bosf preprints?\b|\bauthorea\b|\btechrxiv\b|\bpreprint\b", re.I)  # fmt: skip
_PREPRINT_DOI = re.compile(
    r"^10\.(?:1101/\d|64898/|21203/rs|31234/osf|31219/osf|20944/preprints|2139/ssrn|48550/arxiv|26434/chemrxiv|22541/au|36227/techrxiv|12688/)"
)
_REGISTER_PLACE = re.compile(
    r"clinicaltrials\.gov|clinicaltrialsregister|euclinicaltrials|trialsearch\.who|\bictrp\b|\bisrctn\b|\beuctr\b|\bctis\b|"
    r"trial registr|clinical trials (?:register|registry|information system)|\banzctr\b|\bchictr\b|\bdrks\b|\bumin[- ]ctr\b|\bctri\b|\birct\b",
    re.I,
)
_REGISTRY_NUMBER = re.compile(r"NCT\d{8}|ISRCTN\d{8}|ACTRN\d{14}|ChiCTR[-\w]*\d{6,}|DRKS\d{8}|EUCTR\d{4}-\d{6}-\d{2}|20\d\d-5?\d{5}-\d\d(?:-\d\d)?", re.I)  # fmt: skip
_LANGUAGES = {"eng": "en", "ger": "de", "deu": "de", "fre": "fr", "fra": "fr", "spa": "es", "ita": "it", "por": "pt", "rus": "ru",
              "chi": "zh", "zho": "zh", "jpn": "ja", "dut": "nl", "nld": "nl", "pol": "pl", "kor": "ko", "tur": "tr", "cze": "cs",
              "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "portuguese": "pt", "russian": "ru",
              "chinese": "zh", "japanese": "ja", "dutch": "nl", "polish": "pl", "korean": "ko", "turkish": "tr", "czech": "cs"}  # fmt: skip


#: A title without any of these words has no kind: most titles are done with here.
_HINTS = frozenset({
    "erratum", "errata", "corrigendum", "corrigenda", "addendum", "correction", "corrections", "vol", "retraction", "retracted",
    "withdrawn", "removed", "concern", "reply", "replies", "response", "rejoinder", "re", "comment", "comments", "commentary",
    "letter", "correspondence", "discussion", "protocol", "plan", "rationale", "design",
})  # fmt: skip


@lru_cache(maxsize=10_000)
def _known_types(types: tuple[str, ...]) -> frozenset[str]:
    return frozenset(re.sub(r"[^a-z]+", " ", t.lower()).strip() for t in types)


def _types(record: Record) -> frozenset[str]:
    return _known_types(record.types)


@lru_cache(maxsize=50_000)
def _is_preprint_place(journal: str) -> bool:
    return _PREPRINT_PLACE.search(journal) is not None


@lru_cache(maxsize=50_000)
def _is_register_place(place: str) -> bool:
    return _REGISTER_PLACE.search(place) is not None


def _hinted(title: str) -> bool:
    return not _HINTS.isdisjoint(fold(title).split())


def kind_of(record: Record) -> str:
    """Return ``erratum retraction reply comment protocol`` or ``""`` by title and stated type.

    >>> kind_of(Record("1", title="Correction to: LSD and pain")), kind_of(Record("1", title="RETRACTED ARTICLE: LSD"))
    ('erratum', '')
    """
    if _hinted(record.title):
        title = _NOTE.sub(" ", _MARKUP.sub("", record.title))
        for name, pattern in _KIND:
            if pattern.search(title):
                return name
    return next((k for t in sorted(_types(record)) if (k := _CORRECTION_TYPES.get(t))), "")


def bare_title(title: str) -> str:
    """Return the title without mark-up and without what databases add to it.

    >>> bare_title("RETRACTED: LSD and <i>pain</i> [see comments]")
    'LSD and pain'
    """
    text = _MARKUP.sub("", title) if "<" in title else title
    if "[" in text or "(" in text:
        text = _NOTE.sub(" ", text)
        for _ in range(3):
            text = _TAIL.sub("", text)
    if _hinted(text):
        text = _WITHDRAWN.sub("", text)
    return text.strip()


def shape_of(record: Record) -> str:
    """Return ``abstract book thesis other``, or ``""`` when the record does not tell."""
    types = _types(record)
    for name, known in (("abstract", _ABSTRACTS), ("book", _BOOKS), ("thesis", _THESES)):
        if types & known:
            return name
    return "other" if types - _VAGUE else ""


def is_preprint(record: Record) -> bool:
    """Tell whether the record is of a preprint server."""
    return bool(
        _is_preprint_place(record.journal)
        # A congress paper may have been given the number of its preprint.
        or (not record.journal and _PREPRINT_DOI.match(record.doi))
        or _types(record) & {"preprint", "posted content"}
    )


def register_number(record: Record) -> str | None:
    """Return the number of a registry entry (``""`` when it states none), None for anything else."""
    place = f"{record.journal} {record.source if not record.journal else ''}"
    if "trial registration" not in _types(record) and not _is_register_place(place):
        return None
    if record.registrations:
        return record.registrations[0].upper()
    found = _REGISTRY_NUMBER.search(f"{record.journal} {record.url} {record.title}")
    return found.group().upper() if found else ""


def language_of(record: Record) -> str:
    """Return the first language stated, as two letters where they are known.

    >>> language_of(Record("1", language="English; German")), language_of(Record("1", language="eng"))
    ('en', 'en')
    """
    return _first_language(record.language) if record.language else ""


@lru_cache(maxsize=10_000)
def _first_language(text: str) -> str:
    first = re.split(r"[^a-z]", text.lower(), maxsplit=1)[0]
    return _LANGUAGES.get(first, first)
