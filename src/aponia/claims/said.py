"""What an article itself says about its limits: read sentence by sentence, wrong statements left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from aponia.claims.model import ArticleCheck
from aponia.claims.page import plain

__all__ = ["EVENTS", "Said"]

_PATTERNS: Mapping[str, str] = {
    "significance": r"not (?:statistically )?significan\w*|non-?significan\w*|(?:did|does) not (?:\w+ )?(?:reach|significantly)|could (?:be|have been) (?:due to |down to )?chance|"
    r"statistically (?:uncertain|insignificant)|within chance|missed (?:its|the) primary|p ?= ?0?\.[1-9]",
    "controls": r"(?:no|without an?|without|lack(?:s|ed|ing)?(?: an?)?) (?:\w+ )?(?:control|placebo|comparison|comparator)s?\b|uncontrolled|open[- ]label|"
    r"(?:not|never|nobody has) (?:been )?(?:compared|placebo[- ]controlled)|nobody (?:knows|can tell) (?:what|whether)|can(?:not|'t)? tell whether",
    "size": r"(?:small|tiny|few|little) (?:\w+ ){0,2}(?:stud\w+|trials?|samples?|numbers?)|(?:stud\w+|trials?|samples?) (?:\w+ ){0,4}(?:small|tiny)\b|\bn ?= ?\d+|"
    r"(?:only |just )?(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|twenty) (?:\w+ )?(?:people|patients|participants|volunteers|adults|amputees|men|women)\b",
    "blinding": r"unblind\w*|blinding (?:\w+ ){0,3}(?:fail\w*|doubt\w*|difficult|hard|imperfect|broke\w*|problem|poor|limited|impossible|issue)|(?:fail\w*|difficult|hard|broke\w*|problem\w*|poor|impossible) (?:\w+ ){0,3}blind\w*|"
    r"guess(?:ed|es|ing)?\b|could tell|can (?:usually )?(?:tell|feel)|knew (?:which|whether|what)|know (?:which|whether) they|expectanc\w+|expectations?\b|placebo effect|the hope did",
    "interactions": r"interact\w*|(?:combin|mix)\w* (?:\w+ ){0,5}with (?:\w+ ){0,3}(?:medic\w+|drugs|antidepress\w+|ssris?|lithium|alcohol|tramadol)|lithium|ssris?\b|antidepressants?|serotonin syndrome|triptans?|other medic\w+ (?:you|they) take",
    "mental": r"schizophreni\w*|bipolar|psychos[ie]s|psychotic|mania\b",
    "heart": r"heart (?:disease|condition|problem|trouble)s?|cardiac|cardiovascular (?:disease|condition|problem)s?|(?:high|uncontrolled|raised) blood pressure|hypertension|arrhythmia",
    "pregnancy": r"pregnan\w*|breast-?feeding",
    "exclusion": r"exclud\w*|left out|should (?:not|avoid|never)|avoid\b|ruled out|not (?:suitable|safe|recommended|for everyone)|screen\w*|ineligible|too risky|dangerous for|risk(?:s|y)? (?:for|in) people",
    "animals": r"\bmice\b|\bmouse\b|\brats?\b|\banimals?\b|rodents?|preclinical|laborator\w+|\bcells? (?:culture|stud|experiment)|in vitro|petri",
    "law": r"illegal\w*|(?<!para)legal\w*|\bschedule (?:i|1|ii|2|iii|3)\b|prohibited|banned|outlawed|unlawful|\blaws?\b|controlled substance|decriminali[sz]\w*|(?:not|un)(?:\s?yet)?(?: been)? ?approved|approv(?:ed|al)\b",
    "running": r"clinicaltrials|nct\d{5,}|recruit\w*|under ?way|currently (?:\w+ )?(?:stud|test|runn|investigat)\w*|(?:trials?|stud\w+) (?:\w+ ){0,2}(?:are|is) (?:\w+ )?(?:stud|test|explor|investigat|plann|ongoing|runn)\w*|"
    r"(?:is|are) (?:being )?(?:tested|studied|testing|studying)|will enrol\w*|ongoing (?:trial|stud)\w*|has been dosed",
    "null": r"(?:no|not|n't|without|failed|did not|neither|nor) (?:\w+ ){0,6}?(?:differ\w*|effect\w*|benefit\w*|better|help\w*|reduc\w*|reliev\w*|change\w*|improv\w*|work\w*)|conflicting|mixed results|disappoint\w*|inconsistent",
    "chosen": r"self-?selected|chose to (?:answer|take part)|selection bias|recall bias|(?:reach|hear from|include) (?:\w+ )?(?:mostly|only|mainly)|not representative|anecdot\w+ (?:\w+ )?(?:not|cannot|can't)|rather than (?:proof|evidence)|too rosy",
    "followed": r"(?:no|not|nobody|nothing|un)\s?(?:\w+ ){0,4}?(?:long[- ]term|followed|known)|long[- ]term (?:\w+ ){0,3}(?:unknown|unclear|not known|lacking)",
}
#: Unwanted effects by the word stems that name them.
EVENTS: Mapping[str, str] = {
    "headache": r"(?:delayed|transient|mild|temporary|next-day|cause\w*|includ\w+|have|had|with|and|or|,) headaches?\b.{0,40}(?:after|following|as a|side|next)|(?:side[- ]effects?|adverse|unwanted)[^.]{0,80}\bheadaches?",
    "nausea": r"nause\w+|vomit\w*|sick(?:ness)?\b",
    "anxiety": r"anxi\w+|panic|frighten\w*|fear\b|bad trips?|emotionally challenging|distress\w*|paranoi\w*",
    "dizziness": r"dizz\w+|light-?headed\w*|vertigo",
    "blood pressure": r"blood pressure|hypertens\w+|heart rate|systolic",
    "urinary": r"\burin\w+|bladder|cystitis",
    "dependence": r"addict\w*|dependen\w*|abuse\w*|misuse\w*",
    "psychotomimetic": r"dissociat\w*|hallucinat\w*|psychotomimetic|out-of-body|unreal",
    "flashback": r"flashbacks?|hppd|persist\w+ (?:visual|perception)",
    "psychosis": r"psychos[ie]s|psychotic",
}
_DENIES = re.compile(
    r"\b(?:no|not|never|without|free of|zero|non|nobody|none|few|minimal|hardly|don't|doesn't|isn't|aren't|unlike)\b"
)


class Said:
    """Reads an article for what it says itself.

    Parameters
    ----------
    article : ArticleCheck
        Statements that were found to be wrong do not count as said.
    """

    def __init__(self, article: ArticleCheck) -> None:
        text = plain(article.text)
        wrong = [(c.start, c.end) for c in article.claims if c.verdict.name == "contradicted"]
        for a, b in wrong:
            text = f"{text[:a]}{' ' * (b - a)}{text[b:]}"
        pieces = re.split(r"(?<=[.!?])\s+|\n+", text[:400_000].lower())
        self._sentences = [p for p in pieces if p.strip() and not p.rstrip().endswith("?")]

    def _any(self, test: Callable[[str], object]) -> bool:
        return any(test(s) for s in self._sentences)

    def says(self, topic: str) -> bool:
        """Whether a sentence of the article says it."""
        pattern = re.compile(rf"(?<!\w)(?:{_PATTERNS[topic]})")
        return self._any(pattern.search)

    def leaves_out(self, whom: str) -> bool:
        """Whether a sentence says that such people were excluded or should keep away."""
        who, away = re.compile(_PATTERNS[whom]), re.compile(_PATTERNS["exclusion"])
        return self._any(lambda s: who.search(s) and away.search(s))

    def names(self, event: str) -> bool:
        """Whether an unwanted effect is named, and not to deny it."""
        key = next((k for k in EVENTS if k in event.lower()), None)
        pattern = re.compile(EVENTS[key] if key else re.escape(event.lower()))

        def told(sentence: str) -> bool:
            m = pattern.search(sentence)
            return m is not None and not _DENIES.search(
                sentence[max(0, m.start() - 60) : m.start()]
            )

        return self._any(told)
