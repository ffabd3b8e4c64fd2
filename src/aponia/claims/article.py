"""An article to its checkable claims: which sentences, which clauses, and what they inherit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aponia.claims.attribution import Source, attribution, first_person
from aponia.claims.clauses import MATTERS, clauses, each_condition
from aponia.claims.coreference import WIDE, Memory, points_back
from aponia.claims.lexicon import CUES, find_cues
from aponia.claims.page import plain
from aponia.claims.reading import Context, Reader
from aponia.claims.sentences import Sentence
from aponia.claims.verbs import begins_with_verb, has_verb

__all__ = ["MOST_CLAIMS", "Candidate", "candidates", "on_subject"]

#: No article makes more; what comes behind is not checked, and the check says so.
MOST_CLAIMS = 1_500
_LONGEST = 1_500

#: Everything from such a heading on belongs to the site, not to the article.
_TAIL = re.compile(
    r"^(?:more (?:to explore|from\b.*|stories|articles|posts|reading)|related(?: \w+)?|you (?:may|might) also (?:like|enjoy)|(?:recent|latest|popular) (?:posts|articles|news)|read (?:more|next|also)|"
    r"references|sources|bibliography|(?:works )?cit(?:ations|ed)|further reading|about (?:the )?(?:authors?|us)|leave a (?:comment|reply)|(?:\d+ )?(?:comments?|responses|replies|thoughts on\b.*)|subscribe|"
    r"newsletter|share (?:this|on)(?: \w+)*|tags|categories|footnotes|disclaimer|conflicts? of interest|competing interests|acknowledge?ments|funding|notes to editors|media contacts?|contact(?: us)?|"
    r"join (?:our|the) newsletter|get in touch|book (?:now|a\b.*)|what our (?:guests|clients|patients) say|frequently bought together|see also)\s*:?$",
    re.IGNORECASE,
)
_ONLY_LINE = re.compile(
    r"^(?:share|tags|categories|subscribe|newsletter|disclaimer|contact|book|join|get in)\b",
    re.IGNORECASE,
)
_CITED = re.compile(
    r"^(?:\[?\d{1,3}[.\])]\s*)?[A-Z][\w'-]+,? [A-Z]{1,3}\b.*\b(?:19|20)\d\d\b|\bdoi:|https?://doi\.org|\bet al\.?,? \(?(?:19|20)\d\d\)?[.:]|\bpmid\b",
)
_ORDERS = re.compile(
    r"^(?:please\s+)?(?:talk to|speak (?:to|with)|consider|stay|learn|click|read|visit|call|contact|book|consult|ask|discuss|share|follow|join|subscribe|sign up|download|register|check|see|find|get|"
    r"seek|start|try|take|make sure|be sure|remember|keep|avoid|never|always|do not|don't|ignore|print|watch|listen|buy|order|shop|choose|explore|discover|add|enter|apply|log in|accept)\b",
    re.IGNORECASE,
)
_TO_READER = re.compile(
    r"\b(?:your (?:doctor|gp|physician|(?:healthcare )?provider|healthcare|neurologist|pharmacist|prescriber)|(?:medical|healthcare|health care) (?:professional|provider)s? before)\b|\bshould (?:speak|talk|consult|ask|discuss)\b|^(?:if|even if|when|before|whether) you\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"\b(?:(?:not|nor) (?:intended|meant|designed) (?:as|to|for)|(?:is|are|does|do) not (?:(?:constitute|replace|substitute)|(?:a )?substitute for|(?:provide )?medical advice)|informational purposes|educational purposes|"
    r"(?:have|has) not been evaluated by the|all rights reserved|we use cookies|cookies?\b.{0,40}\b(?:accept|policy|experience)|privacy policy|terms (?:of|and) (?:use|service|conditions)|"
    r"affiliate (?:links?|commission)|sponsored (?:by|content|post)|advertisement|this (?:article|post|content) (?:was|is|contains|may contain|has been)\b|originally (?:published|appeared)|"
    r"medically reviewed|fact[- ]checked by|updated on|posted (?:on|by|in)|we (?:searched|screened|included|excluded|selected|extracted|followed prisma)|min(?:ute)?s? read|read time|photo(?:graph)?(?: credit)?:|image(?: credit)?:|getty images|shutterstock)",
    re.IGNORECASE,
)
_BIOGRAPHY = re.compile(
    r"\b(?:is|was) (?:an? |the )?(?:[\w-]+ ){0,5}(?:writer|journalist|reporter|author|editor|freelancer|blogger|director|founder|co-?founder|ceo|professor|lecturer|coach|facilitator|practitioner|therapist|"
    r"psychiatrist|neurologist|nurse|researcher|physician|anesthesiologist|anaesthesiologist|board[- ]certified|graduate|alum\w*|guide)\b(?!s? (?:found|report|show|say))|"
    r"\b(?:lives|is based|resides) in\b|\bhas (?:over |more than )?\w+ years of experience\b|\bhas written for\b|\breceived (?:his|her|their) (?:phd|md|degree|doctorate)\b|\b(?:holds|earned) an? (?:phd|md|degree|master|bachelor)",
    re.IGNORECASE,
)
#: What the lexicon does not count but a reader would look up: conduct of sessions, what they feel like.
_ALSO = re.compile(
    r"\b(?:supervis\w+|screened|intense|overwhelming|frightening|challenging|distressing|unpleasant|anxi\w+|confusion|effects? (?:(?:may|might|can|could) )?include|"
    r"(?:a|per|every|each) (?:\w+ )?(?:days?|weeks?|months?)|halluc\w+|visual (?:changes|distortions?)|nausea|vomit\w*|blood pressure|heart rate|strongest evidence|best evidence|promising|"
    r"(?:similar|different\w*) (?:\w+ ){0,3}(?:to|from|than)|approaches|followed|did nothing|didn't (?:do|help|touch)|no (?:relief|benefit|difference|change)|"
    r"(?:remarkable|great|excellent|good|positive|impressive|amazing|mixed|promising|encouraging) (?:\w+ )?results|"
    r"(?:taken|combined|mixed|used) (?:safely )?(?:together )?with|antidepressants?|ssris?|lithium|triptans?|tramadol)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(?:[^:?]{2,40}:\s*)?(?:how|what|why|when|which|where|who|should|can|could|is|are|do|does|will)\b",
    re.IGNORECASE,
)
_TERSE = frozenset({"item", "cell", "row", "heading"})
_STRONG = frozenset({"benefit", "worse", "mechanism", "safety", "legal", "perceptible"})
_THIN = frozenset({"trial", "opinion", "vague", "prediction", "duration"})


@dataclass(frozen=True)
class Candidate:
    """A stretch of text to be checked, the words to read for it, and what it inherits."""

    sentence: int
    start: int
    end: int
    reading_text: str
    context: Context
    attribution: Source = "author"


_NAMED = re.compile(
    r"psychedelic|hallucinogen|entheogen|psilocyb|psilocin|magic (?:mushroom|truffle)|\bshrooms?\b|micro-?dos|\blsd\b|ketamine|mdma|ayahuasca|\bdmt\b",
    re.IGNORECASE,
)


def on_subject(reader: Reader, sentences: Sequence[Sentence]) -> bool:
    """Whether an article names one of these drugs by a name that is nothing else.

    Mushrooms in a pan, acid in a wine and a trip to the sea are no drugs unless something else in the
    article says so.
    """
    for s in sentences:
        if s.end - s.start > _LONGEST:
            continue
        words = plain(s.text)
        if _NAMED.search(words):
            return True
        if any(
            h.how not in ("street", "everyday") and h.id in reader.studied
            for h in reader.substances(words)[0]
        ):
            return True
    return False


def candidates(reader: Reader, sentences: Sequence[Sentence], title: str | None) -> list[Candidate]:
    """Pick the checkable claims of an article.

    Parameters
    ----------
    reader : Reader
    sentences : sequence of Sentence
    title : str or None

    Returns
    -------
    list of Candidate
        In order; a sentence with two claims gives two.
    """
    found: list[Candidate] = []
    memory = Memory(reader, title or "")
    speaker: Source = "author"
    paragraph, closed = -1, False
    for s in sentences:
        if s.end - s.start > _LONGEST:
            continue  # no sentence: a wall of text without a stop
        if len(found) >= MOST_CLAIMS:
            break
        words = " ".join(plain(s.text).split()) if "\n" in s.text else plain(s.text)
        if s.kind == "heading":
            closed = _TAIL.match(words.strip()) is not None and not _ONLY_LINE.match(words)
            if closed and not s.level:
                break
        if closed:
            continue
        memory.enter(s)
        own = reader.terms(words)
        context = memory.context(s, words, own)
        quoted = s.kind == "quote" or (s.paragraph == paragraph and words[:1] == '"')
        speaker = attribution(
            words, speaker if s.paragraph == paragraph else "author", quoted=quoted
        )
        paragraph = s.paragraph
        if _worth(s, words, own, context):
            found += _claims(reader, memory, s, own, context, speaker)
        memory.remember(s, words, own)
    return found


def _claims(
    reader: Reader, memory: Memory, s: Sentence, own: Context, context: Context, speaker: Source
) -> list[Candidate]:
    made = []
    for n, (start, end, text) in enumerate(clauses(s)):
        if n:
            # "it" in the second half is the drug of the first
            named = () if set(own.conditions) <= set(WIDE) else own.conditions
            context = Context(
                own.substances or context.substances,
                named or context.conditions,
                context.approach,
            )
        words = memory.named(text, context.approach)
        if speaker == "patients" and first_person(words):
            # what one person tells of themselves is an account, whatever verb it uses
            words = f"One patient says that {words}"
        parts = None
        if words == plain(s.text)[start - s.start : end - s.start]:
            hits = reader._words.find(words, "conditions", context=True)
            parts = each_condition(words, (start, end), hits)
        for a, b, told in parts or [(start, end, words)]:
            made.append(Candidate(s.index, a, b, told, context, speaker))
    return made


def _worth(s: Sentence, text: str, own: Context, context: Context) -> bool:
    """Whether a sentence states something about a drug that could be looked up."""
    lower = text.lower()
    words = len(text.split())
    if words < 3 or lower.rstrip("\"') ").endswith("?"):
        return False
    if s.kind == "heading" and _ASKS.match(text):
        return False
    if _NOTICE.search(text) or _CITED.search(text) or _BIOGRAPHY.search(text):
        return False
    bare = re.sub(r"^\W+", "", text)
    if _ORDERS.match(bare) and not (own.substances and ":" in bare):
        return False
    if _TO_READER.search(text):
        return False
    if not own.substances and not (
        context.substances and (points_back(text) or s.kind in ("heading", "item", "cell"))
    ):
        return False
    if not has_verb(text) and not (s.kind in _TERSE and begins_with_verb(text)):
        return False
    cues = find_cues(lower, CUES)
    if (
        s.kind in _TERSE
        and not own.substances
        and not points_back(text)
        and (not cues & _STRONG or re.search(r"\byou\b", lower))
    ):
        return False
    also = _ALSO.search(text) is not None
    if not cues & MATTERS and not also:
        return False
    if first_person(text) and not cues & _STRONG:
        return False  # that somebody took something is their own business
    if cues <= _THIN and not also and not own.conditions and not re.search(r"\d", text):
        return bool(own.substances)
    return True
