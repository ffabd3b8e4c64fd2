"""The words of claims, by what they do: designs, hedges, effects, harms, law, mechanism, topics.

Each entry is a name and a pattern over plain lower-case text. They are the words of the language,
not of any one article: what is said about a drug is decided elsewhere, from the evidence base.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["CERTAINTY_WORDS", "CUES", "DESIGNS", "HARM_WORDS", "TOPICS", "find_cues"]

_PEOPLE = (
    r"(?:people|patients?|participants?|users?|sufferers|respondents?|individuals|veterans|clients|folks|amputees|"
    r"members|many|some|others|men|women|posters|those)"
)

#: Study designs a sentence may state.
DESIGNS: Mapping[str, str] = {
    "rct": r"randomi[sz]ed|randomi[sz]ation|double[- ]?blind\w*|placebo[- ]controlled|controlled (?:clinical )?(?:trials?|stud(?:y|ies))|\brcts?\b|(?:compared|versus|vs\.?|than|against) (?:with |to )?(?:an? |the |those (?:taking|given|on) )?(?:\w+ )?(?:placebo|niacin)",
    "open-label": r"open[- ]?label|single[- ]arm|uncontrolled|(?:no|without an?|without|lacked an?) (?:control|placebo|comparison)(?: group| arm)?|before[- ](?:and[- ])?after|pilot|everyone (?:got|received)|all (?:participants |patients )?(?:got|received)|observational|cohort|retrospective|chart review|unblinded",
    "case": r"case (?:report|stud|series)\w*|\bcases\b|one (?:man|woman|patient|person|report|individual|amputee)|an? (?:single |\d+-year-old |middle-aged |young |elderly )?(?:man|woman|patient|veteran|amputee) (?:with|who|whose|had|was|used|described|report)|(?:two|three|four) (?:patients|cases|people|men|women)\b|the man\b|the woman\b",
    "survey": r"surveys?\b|surveyed|questionnaires?|respondents?|self-report\w*|interview\w*|online forums?|polled|(?:internet|social media) (?:sample|posts?|users)",
    "review": r"systematic(?:ally)? review\w*|meta-?analys\w+|scoping review|literature review|reviews?\b|reviewed|re-?analys\w+|pooled",
    "animal": r"\bmice\b|\bmouse\b|\brats?\b|rodents?|animal(?:s|\b)|\bpigs?\b|pre-?clinical|non-?human",
    "cells": r"\bcell (?:cultures?|lines?|studies)|in vitro|petri|test[- ]tube|\bin (?:a|the) dish|lab(?:oratory)? (?:studies|experiments|tests|work)|cultured",
    "volunteers": r"healthy (?:\w+ )?(?:volunteers?|people|adults?|participants?|subjects?|individuals|men|humans?)|\bvolunteers\b|people without pain",
}

#: The certainty ladder by words; "can" is weighed by `reading`.
CERTAINTY_WORDS: Mapping[str, str] = {
    "anecdote": rf"anecdot\w+|testimon\w+|in (?:our|my) experience|(?:we|our (?:clients|team|patients|clinic)) (?:have )?(?:see[ns]?|saw|find|found|observe\w*|notice\w*)|(?:{_PEOPLE}\s+){{1,2}}(?:(?!and\b)\w+\s+){{0,5}}?(?:report(?:s|ed)?|say|says|said|claim(?:s|ed)?|describe[sd]?|swear|find|feel|felt|told|believe)\b|according to (?:patients|users|sufferers)|self-report\w*|reportedly|word of mouth",
    "may": r"\bmay\b|\bmight\b|\bcould\b(?! (?:keep|hold|stand|bear|endure|tolerate|cope))(?! not (?:tell|find|see|show|be (?:shown|found)))|(?<!addiction )(?<!abuse )(?<!dependence )(?<!misuse )(?<!addictive )(?<!no )(?<!low )potential\w*(?! (?:for|of) (?:abuse|addiction|dependence|misuse))|promising|possib\w+|perhaps|\bhop(?:e|es|ed|eful|ing)\b|explor(?:e|es|ed|ing)\b|investigat(?:e|es|ed|ing)\b|being studied|believed|thought to|theor\w+|hypothesi\w+",
    "suggests": r"suggest\w*|preliminary|early (?:evidence|results|signs|data|studies|research|findings)|shows? (?:\w+ )?promise|indicat(?:e[sd]?|ing)|points? to(?:wards?)?|hint\w*|appears?\b|appeared|seem\w*|(?<!as )(?<!more )(?<!less )(?<!equally )likely|probabl\w+|tend(?:s|ed)?\b|estimated|associat\w+|linked|correlat\w+|opens? (?:up )?(?:a|the|new|an)|(?<!controlled )(?<!strong )(?<!solid )(?<!robust )(?<!overwhelming )evidence (?:that|for|of)",
    "shows": r"show(?:s|ed|n|ing)?\b|found|find(?:s|ings?)\b|demonstrat\w+|reveal\w*|report(?:s|ed)\b|confirm\w*|discover\w+|observ\w+|led to|result(?:s|ed) in|produc\w+|experienced|had\b",
    "proves": r"\bprov(?:en|es|ed|e)\b|\bproof\b|\bcure[sd]?\b|\bcuring\b|definitive\w*|well[- ]established|(?:strong|solid|robust|overwhelming|ample) (?:\w+ )?(?:evidence|proof)|(?<!no )clear(?:ly)? (?:evidence|shows?|demonstrat\w*|proof)|undeniabl\w+|guarante\w+|always|certainly\b|conclusive\w*|without (?:a )?doubt|undoubtedly|best (?:treatment|option|medicine|drug|therapy|remedy|available)|most (?:effective|powerful)|scientifically (?:proven|established)|(?:every|all(?: the)?) (?:study|studies|research|trials?)\b|100 ?% effective|eliminat\w+|eradicat\w+|permanent\w*|beyond (?:dispute|doubt|question)|unquestionabl\w+|whatsoever|not a single|(?<!^)\bnever\b(?! (?:drink|take|mix|combine|use|stop|be)\b)(?! (?:been )?(?:tested|studied|tried|asked))|impossible|will (?:end up|inevitably|definitely|always)|no doubt",
    "boost": r"breakthrough (?!therapy|designation|pain|status|device|attack|headache)|game[- ]?chang\w+|remarkabl\w+|miracle|miraculous\w*|astonish\w+|revolution\w+|groundbreaking|ground-breaking|dramatic\w*|incredibl\w+|amazing\w*|wonder drug|extraordinar\w+|life[- ]changing|profound\w*|unprecedented",
}

#: Everything else a rule may ask for.
CUES: Mapping[str, str] = {
    # effects
    "benefit": r"shorten\w*|stretch(?:es|ed|ing)? (?:out )?(?:the )?(?:time|gap|interval|remission)|took the edge off|take(?:s)? the edge off|knock(?:s|ed)? out|quiet(?:en)?(?:s|ed|ing)? (?:\w+ ){0,3}(?:pain|attacks?|headaches?)|melt(?:s|ed)? away|reliev\w+|relief|reduc\w+|lower(?:s|ed|ing)?\b|decreas\w+|eas(?:e|es|ed|ing)\b|alleviat\w+|help(?:s|ed|ing|ful)?\b|improv\w+|effective\w*|efficac\w+|works?\b(?! out)|worked(?! out)|took the edge|taken the edge|(?:bring|brought|brings)\b[^.;]{0,20}\bdown|lighten\w*|curb(?:s|ed|ing)?\b|beat(?:s|en)?\b|outperform\w*|useful\b|silenc(?:e|es|ed|ing)\b|tak(?:e|es|ing) [^.;]{0,30}\bpain away|took [^.;]{0,30}\bpain away|rid\b|succeed\w*|respite|put(?:s|ting)? an end|keep(?:s|ing)? [^.;]{0,30}at bay|kept [^.;]{0,30}at bay|treat(?:s|ed|ing|ment|ments)?\b|therap\w+|benefi\w+|prevent\w*|stop(?:s|ped|ping)?\b(?! early| for| because| taking)|abort\w*|revers(?:e|es|ed|ing)\b|end(?:s|ed|ing)? (?:\w+ ){0,3}(?:attacks?|cycles?|bouts?|clusters?|headaches?|pain)|halv\w+|cut(?:s|ting)?\b|fewer|less (?:pain|sensitive|severe|frequent|intense)|remission|painkill\w+|analges\w+|(?:attack|pain|headache|symptom|migraine|seizure|medication|opioid)-free|free(?:d)? (?:\w+ ){0,4}(?:of|from) (?:\w+ ){0,3}(?:pain|attacks|headaches|symptoms)|drop(?:s|ped)?\b|f[ae]ll(?:s|en)?\b|diminish\w*|lessen\w*|dull(?:s|ed)?\b|numb(?:s|ed|ing)?\b|pain-?(?:blunt|reliev|kill|dull|dampen)\w+|blunt(?:s|ed|ing)? (?:the |their )?(?:\w+ )?pain|less\b[^.;]{0,30}\bpain\b|(?:h[eo]ld|kept|keep|left|leave|keeping|holding) (?:their|a|the|one|his|her) hands?|longer in (?:the )?(?:ice|icy|cold)|tolerat\w+ (?:\w+ ){0,3}(?:pain|cold|heat|ice)|increas\w+ (?:\w+ ){0,3}(?:tolerance|thresholds?)|withst\w+|(?:raised?|raises|higher|greater|more) (?:\w+ ){0,2}(?:tolerance|thresholds?)|pain[- ]free|free of pain|cure[sd]?|heal(?:s|ed|ing)?\b|manag(?:e|es|ed|ing|ement)\b|success\w*|respon(?:d|ded|se|ders?)\b|turn(?:s|ed)? (?:\w+ ){0,3}down|disappear\w*|vanish\w*|gone\b|reset\w*|break(?:s|ing)? (?:the |this )?(?:cycle|loop|pattern)|broken|subside\w*|suppress\w*|soothe\w*|combat\w*|fight(?:s|ing)?\b|address(?:es|ed)?\b|better\b|eliminat\w+|eradicat\w+|restor\w+|opioid[- ]sparing|positive (?:effects?|results?|outcomes?|experiences?)",
    "worse": r"lower(?:ed)? (?:\w+ ){0,2}(?:pain )?thresholds?|felt more pain|(?:attacks?|headaches?|pain) (?:\w+ )?became more|worsen\w*|wors(?:e|t)\b|aggravat\w+|increas\w+ (?:the |their )?(?:pain|sensitivity)|more pain\b|hyperalg\w+|exacerbat\w+",
    "pain": r"\bpain\w*|relief\b|(?:cold|ice|icy|ice-cold) (?:water|pressor|bath)|headaches?|migraines?|neuralgia|analges\w+|aches?\b|nocicept\w+|attacks?\b|hypersensitiv\w+|allodynia|fibromyalgia|arthritis|neuropath\w+|cluster",
    "ineffective": r"ineffective|useless|no use\b|no match for|made no dent|does(?: not|n't) work|did(?: not|n't) work|do(?: not|n't) work|no better than (?:nothing)|worthless",
    "hope": r"show\w* (?:\w+ )?promise|promising|reason to hope|hope (?:for|to)|hopeful",
    "null": r"(?:no|not|without|lack of|failed to|didn't|did not|doesn't|does not|neither|nor|little|cannot|can't|hasn't|unable to|never|nothing)\b",
    "not-significant": r"(?:not|n't|without|no|wasn't|did not reach|missed|fell short of|lacked|just short of) (?:a |any |reach(?:ing)? |statistical(?:ly)? )*(?:significan\w+)|non-?significant\w*|primary (?:end ?point|outcome) (?:was )?(?:not met|missed)|missed (?:its|the) primary",
    "significant": r"significan\w+",
    "comparison": r"(?:better|more (?:\w+ )?(?:effective|potent|powerful|relief|\w+ly)|superior|outperform\w*|stronger|greater|longer|safer|less (?:\w+ )?(?:harmful|addictive|risky)|fewer side effects|as (?:good|effective|strong|potent|well) as|comparable|similar|equal|on (?:a )?par|rival\w*|exceed\w*) (?:\w+ ){0,5}?(?:than|to|with|over|as|that of)\b|outperform\w*|rather than|unlike|instead of|where (?:even )?[^.;]{0,30}\bfail\w*|no match for|compared (?:with|to) (?:opioids?|standard|conventional|traditional|other|morphine|their)|alternative to|replace\w* (?:opioids?|painkillers?|medic\w+)|similar to opioids|comparable to",
    "opioid": r"opioids?|opiates?|morphine|oxycodone|fentanyl|narcotics?|hydromorphone|meperidine|dilaudid|demerol|dihydromorphinone",
    "conventional": r"(?:conventional|traditional|standard|ordinary|existing|current|usual|other|pharmaceutical|regular|available|approved|mainstream) (?:\w+ )?(?:treatments?|medic\w+|drugs?|therap\w+|pain (?:relievers?|medic\w+|drugs)|painkillers|analgesics?|options|care)|painkillers|\bmedications?\b|\bmeds\b|nsaids?|triptans?|oxygen",
    "placebo": r"placebo|niacin|dummy|inactive|sugar pill|sham",
    "root-cause": r"root cause|underlying cause|at (?:its|the) (?:source|root)|(?:treat\w*|address\w*|fix\w*|target\w*|heal\w*|tackl\w*) the (?:\w+ )?causes?\b",
    "single-dose": r"(?:single|one|1) (?:\w+ )?(?:dose|session|treatment|infusion|trip|journey|experience)|once\b|one-time",
    "duration": r"\blast(?:s|ed|ing)?\b(?! year| month| week| decade)|long[- ]?(?:term|lasting)(?! (?:\w+ )?(?:pain|suffer|illness|opioid|condition))|persist(?:s|ed|ence|ing)?\b|sustain\w*|enduring|durab\w+|for (?:\w+ )?(?:days|weeks|months|years|hours)\b|for (?:a|an|one) (?:\w+ )?(?:day|week|month|year)\b|(?:days|weeks|months|years) (?:later|after(?:ward)?s?|or even|at a time)|temporary|short-lived|(?:wear|wore)s? off|fade[sd]?\b|still (?:there|present|felt|working)|gone (?:within|after|by)|repeat(?:ed)? (?:infusions|doses|treatments|sessions)|permanent\w*|remain\w*|stayed|held|extended (?:period|relief)|up to \w+ (?:\w+ )?(?:weeks|months|years|days|hours)|(?:weeks|months|years)\b",
    "combination": r"combin\w+|together with|alongside|paired|mirror|plus\b|in addition to|when used with|accompanied",
    "subgroup": r"chronic (?:cluster|migraine)|episodic|subgroup|in those with|among (?:those|people) with",
    # mechanism
    "mechanism": r"serotoni\w+|5-?ht\w*|receptors?|neuroplastic\w*|plasticity|bdnf|default[- ]mode|rewir\w+|pathways?|\breset\w*|brain|neur(?:al|ons?)|connectiv\w*|connections|nmda|glutamat\w+|hypothalam\w*|inflamm\w+|cytokines?|immune|tnf\w*|il-?6|crp|spinal(?! cord injur)|cingulate|cortex|mechanism\w*|by (?:acting|binding|activating|modulating|targeting|promoting|reducing|increasing|boosting|changing)|trkb|regrow\w*|neurogenesis|nerve growth|neurotroph\w+|synap\w+|dendrit\w+|dopamin\w+|endorphin\w*|vasoconstrict\w*|blood vessels|neurotransmitters?|networks?\b|circuits?|how (?:the )?(?:brain|pain)|(?:acute|psychedelic|mystical|subjective|hallucinogenic|drug|trip) (?:\w+ )?(?:experience|effects?)|\"?trip\"?\b|critical period|oxytocin|calm\w* (?:\w+ )?fear|sensitization|nervous system|gene expression|psilocin\b|metaboli[sz]\w*|converted|broken down|agonist\w*|antagonist\w*|binds?\b|half-life|emotional (?:aspects?|components?|suffering|side)|psychological (?:aspects?|components?)",
    "mechanism-main": r"rewir\w+|sensiti[sz]ation|pliab\w+|malleab\w+|\bplastic\b|reset\w*|neuroplastic\w*|plasticity|bdnf|\btnf\w*|\bil-?6|\bcrp\b|interleukin\w*|c-reactive|brain cells?|nmda|inflamm\w+|cytokines?|default[- ]mode|connectiv\w*|binds?\b|agonist\w*|receptors?|pathways?|injecting|injected|depend(?:ed|s)? on|promot\w+ (?:the )?(?:growth|new)|new (?:connections|neural|pathways|patterns)|dendrit\w+|synap\w+|trkb|mechanism\w*|how (?:psychedelics|they|it|the brain|pain)|nervous system|brain (?:network|region|area|activity|chang|circuit|process)\w*|(?:brain|neural) (?:\w+ ){0,2}(?:networks?|circuits?|connections?|pathways?|patterns?)|critical period|metaboli[sz]\w*|converted|both (?:the )?(?:physical|emotional|psychological|mental|mind)|emotional (?:and|aspects?|components?|suffering)|change[sd]? (?:the way|how)|immune|reopen\w*|nerve cells?|neurons?|related to the \"?trip|\"?trip\"? (?:experience|itself)|by which",
    "leap": r"(?:and|which|that|this|thus|thereby|therefore|so)\s+(?:\w+\s+){0,4}?(?:treat|help|reliev|reduc|eas|heal|alleviat|turn|lower|break|manag|improv)\w*|to (?:treat|help|relieve|reduce|ease|heal|alleviate|manage|break)\b|treat(?:s|ing|ment)? (?:the )?(?:root|source|underlying|chronic|pain|\w+ pain)",
    # safety
    "safety": r"side[- ]effects?|adverse\w*|unwanted effects?|\bsafe(?:ty|ly|r|st)?\b|unsafe|\brisk(?:s|y|ier)?\b|harm(?:s|ful|less)?\b|danger\w*|addict\w*|dependen(?:ce|cy|t)\b|dependence|habit[- ]forming|withdrawal|abuse|toxic\w*|overdos\w*|well[- ]tolerated|tolerated well|(?:was|were|is|are) (?:\w+ )?tolerated|tolerability|contraindicat\w+|should (?:not|avoid|never)|shouldn't|must not|avoid(?:ed|ing)?\b|interact\w*|serotonin syndrome|serotonin toxicity|psychos[ie]s|psychotic|schizophreni\w*|bipolar|mania|manic|bad trips?|flashbacks?|hppd|nausea|vomit\w*|dizz\w+|blood pressure|heart (?:rate|disease|problems?|conditions?|attack|valve)|cardiovascular|cardiac|seizures?|miscarriage|pregnan\w+|breastfeed\w*|bladder|urinary|liver|anxiety|panic|paranoi\w*|suicid\w*|death|deaths|fatal|lethal|die[sd]?\b|exclud\w+|not (?:for everyone|recommended|suitable)|caution|complications?|well[- ]tolerated|emotionally (?:challenging|difficult|intense)|(?:psychological|mental) (?:challenges?|distress)|overwhelming|intense\b.*\bchalleng|valv\w+|effects? on (?:the |your )?(?:heart|liver|kidneys?|bladder|lungs?|circulation|organs?|body)|heart and (?:circulation|lungs)|mixing|mixed with|birth defects?|brain damage|cancer risk|distress\w*|confusion|psychotomimetic|spasms?\b|sweating|tremors?|shaking|hallucinat\w+ (?:may|can|as a)",
    "no-harm": r"not (?:a single|one) (?:\w+ ){0,3}(?:adverse|side[- ]effect|harm|death|of them|person|patient|participant|volunteer)|(?:no|without(?: any)?|zero|free (?:of|from)|lack(?:s|ing)?|don't (?:have|cause)|do not (?:have|cause|carry)|doesn't (?:have|cause)|does not (?:have|cause|carry)|never|cause[sd]? no|sparing|spares?|none of the|carr(?:y|ies) no|have no|has no|had no)\s+(?:\w+\s+){0,4}?(?:side[- ]effects?|adverse|risks?|harm|dangers?|toxicity|complications?|downsides?|problems|drawbacks)|(?:nobody|no one|none)\b[^.]{0,70}(?:adverse|side[- ]effects?|\bharm|\bdied|\bdeaths?)|(?:no|without) (?:\w+ ){0,3}(?:unwanted|ill|negative|untoward|unpleasant) (?:\w+ )?effects?|side[- ]effect[- ]free|risk[- ]free|harmless|non-?toxic|spar(?:es?|ing) (?:\w+ ){0,4}side[- ]effects|avoid(?:s|ing)? (?:the |all |any )?(?:\w+ ){0,2}side[- ]effects",
    "safe": r"(?<!un)\bsafe(?:ly|r|st)?\b|safety (?:profile|record)|well[- ]tolerated|(?:was|were|is|are) (?:\w+ )?tolerated|tolerated well|harmless|low (?:risk|toxicity|abuse|potential)|few(?:er)? (?:\w+ )?(?:side[- ]effects?|risks?|adverse)|minimal (?:\w+ )?(?:side[- ]effects?|risks?|adverse)|mild side[- ]effects?",
    "unsafe": r"unsafe|not (?:\w+ )?safe|isn't safe|aren't safe|dangerous",
    "serious": r"serious|severe|major|significant",
    "addiction": r"addict\w*|dependen(?:ce|cy|t)\b|habit[- ]forming|abuse potential|withdrawal symptoms",
    "non-addictive": r"non-?addict\w*|(?:not|n't|without|never|no|isn't|aren't|rarely|un)\s*(?:\w+\s+){0,4}?(?:addict\w*|habit[- ]forming|dependen\w+)|(?:no|not|don't|doesn't|low) (?:\w+ ){0,3}(?:dependence|addiction|abuse potential)|low (?:potential|risk) (?:for|of) (?:\w+ )?(?:abuse|addict\w*|dependence)|not considered (?:\w+ )?addictive|unlike opioids|(?:nobody|no one|hardly anyone)\b[^.;]{0,40}(?:addict\w*|hooked|dependen\w*)|impossible to (?:get|become) (?:addicted|hooked)|far from (?:being )?addictive|free of addiction",
    "should-not": r"should(?:n't| not| never| avoid)|must (?:not|avoid)|avoid(?:ed)?\b|contraindicat\w+|not (?:recommended|suitable|advised|appropriate|for everyone|eligible|safe for)|exclud\w+|unsuitable|ruled out|(?:increased|higher|at|greater) risk|not be (?:given|used|taken)|screen(?:ed|ing)? (?:out|for)|ineligible|caution",
    "interaction": r"interact\w*|combin\w+|mix(?:ed|ing)?\b|together with|alongside|serotonin syndrome|taking|taken with|on (?:ssris?|antidepressants?|lithium)|washout|taper\w*|blunt\w*|weaken\w*|diminish\w* (?:the )?effects?|stop(?:ping)? (?:your |their )?(?:medic|antidepress)\w*",
    "serotonin-syndrome": r"serotonin (?:syndrome|toxicity)",
    "best-safe": r"(?:completely|entirely|totally|perfectly|absolutely|100 ?%|inherently|extremely|very) safe|safest|no known (?:risks|side)",
    # law and availability
    "legal": r"\billegal\w*|\blegal(?:ly|ity|i[sz]\w+)?\b|schedul(?:e|ed|ing) (?:i{1,3}|iv|v|1|2|3|4|8|9|one|two|three)\b|controlled substance|approv(?:ed|al|es|ing)\b|\bfda\b|\bema\b|\btga\b|health canada|decriminali[sz]\w*|prescri(?:be|bed|bing|ption)\w*|licen[cs]ed?\b|breakthrough (?:therapy )?(?:designat\w+|status|therapy)|designat\w+|\blaws?\b|banned|prohibit\w*|off[- ]label|authori[sz]\w+|right to try|special access|compassionate use|program(?:me)? (?:covers|allows|permits|includes)|regulat(?:ed|ors?|ory|ion)|outlawed|class a\b|rems\b|permit\w*|ballot|proposition|measure 109|qualifying (?:conditions?|diagnos\w+)|service cent(?:er|re)s?|healing cent(?:er|re)s?|psilocybin act\b|smart ?shops?|dispensar\w+|(?:licen[cs]ed|legal) shops?|by law",
    "illegal": r"\billegal\w*|not legal|banned|prohibit\w*|outlawed|criminal|unlawful|schedule (?:i|1|one)\b|controlled substance|not (?:yet |currently |been )?approved|remain(?:s)? (?:a )?controlled|class a\b|isn't legal|aren't legal",
    "approved": r"approv(?:ed|al|es|ing)|licen[cs]ed (?:medicine|for)|authori[sz]ed (?:for|as)",
    "not-approved": r"(?:not|n't|never|no|yet to be|neither|nor|none|without) (?:\w+ ){0,5}?approv\w+|unapproved|awaiting approval|(?:declined|refused|failed) to (?:\w+ )?approve|reject\w*|denied|turn(?:s|ed) (?:\w+ ){0,3}down|not (?:been )?enough|complete response|approval (?:\w+ ){0,3}(?:pending|awaited|years away)",
    "designation": r"breakthrough (?:therapy )?(?:designat\w+|status|therapy)|breakthrough therapy|fast[- ]track|orphan",
    "schedule-1": r"schedule (?:i|1|one)\b",
    "schedule-3": r"schedule (?:iii|3|three)\b",
    "off-label": r"off[- ]label",
    "decriminalised": r"decriminali[sz]\w*",
    "legal-ok": r"\bsold\b|\bon sale\b|\bsell(?:s|ing)?\b|\bbuy(?:s|ing)?\b|bought|can (?:\w+ )?(?:take|be given|get|receive|obtain|attend)\b|qualif\w+|(?<!not )(?<!n't )\blegal(?:ly|i[sz]ed)?\b(?! status| gr[ae]y| risk| issue| barrier)|allow(?:s|ed)?\b|can (?:\w+ )?request|may (?:\w+ )?request|compassionate use|permit(?:s|ted)?\b|covers?\b|can be prescribed|prescribe[sd]?|licensed|authori[sz]ed|regulated|available",
    "availability": r"availab\w+|access\w*|insur(?:an|er)\w*|out[- ]of[- ]pocket|covered by|reimburs\w+|costs?\b|(?<!at the )price[sd]?|afford\w*|clinics? (?:offer|provid|across)\w*|retreats? (?:offer|provid)\w*|where to|\$\d|€\d|£\d|find a (?:clinic|provider)|book\b|enrol\w* in (?:a |our )|waiting list",
    "most-places": r"most (?:places|countries|states|jurisdictions|parts)|many (?:places|countries|states|jurisdictions)|worldwide|federal\w*|in the (?:us|u\.s\.|united states|uk)|internationally",
    # research
    "trial": r"\btrials?\b|\bstud(?:y|ies)\b|research\w*|experiments?\b|investigators?|scientists?|participants?|enrol\w*|recruit\w*",
    "study-specific": r"\b[a-z]+'s (?:[\w-]+ ){0,6}(?:study|trial|survey|experiment)\b|\b(?:one|a|an|the|this|that|their|another|recent|small|pilot|new|first|\d{4}|later|separate|large|larger|phase \w+)\s+(?:[\w-]+\s+){0,7}?(?:study|trial|survey|report|experiment|analysis|re-?analysis|paper|extension|review|investigation|case)\b|researchers (?:at|from|in|found|gave)|participants|in the (?:study|trial|extension)|the (?:authors?|team|researchers|investigators|scientists)|published (?:in|by)|led by|professor|\bdr\.?\s",
    "ongoing": r"ongoing(?! (?:\w+ )?(?:pain|symptoms?|headaches?|suffering|illness|discomfort|relief|care|treatment))|under ?way|investing in|looking into|(?:working on|developing) (?:\w+ ){0,3}(?:versions?|compounds?|drugs?|analogs?|analogues?|molecules?|forms?)|currently (?:\w+ ){0,3}(?:studying|testing|recruit\w+|running|investigat\w+|enrol\w+|being)|are (?:\w+ )?(?:studying|testing|recruiting|investigating|exploring|enrolling|running)|is (?:\w+ )?(?:studying|testing|recruiting|investigating|running|enrolling|planning|scanning|measuring|comparing|looking at|examining)|being (?:studied|tested|investigated|explored|researched|conducted|planned|run)|recruit\w+|in progress|has (?:started|begun|launched)|registered|planned|will (?:test|study|enrol\w*|investigate|examine|compare|give)|launch\w*|clinicaltrials\.gov|nct\d+",
    "tested": r"\b(?:has|have|was|were|been|will|to|is|are) (?:\w+ )?(?:test(?:ed|ing|s)?|stud(?:ied|y|ying)|investigat\w+|examin\w+|explor\w+|compar(?:ed|ing)|evaluat\w+)|\b(?:tests?|tested|testing|examined|compar(?:es|ed)|evaluat(?:es|ed)|enrolled|recruited|revisit\w*|looked at|included|involved)\b|(?:stopped|terminated|halted|ended|closed) (?:\w+ )?early|(?:stopped|paused|ended) (?:enrol\w*|recruit\w*)|completers|discontinued",
    "first": r"\bfirst\b(?!\s+(?:dose|session|week|day|time (?:i|he|she|they|we)|round|pulse|line|hours?|line|few|place|month|three|two))|\bnever (?:before|been)|only (?:study|trial|one|drug|treatment)|the only\b|world's first|first-ever|largest|biggest",
    "no-trials": r"(?:do|does) not (?:yet )?know|don't (?:yet )?know|nobody (?:yet )?knows|(?:not|un)known (?:yet )?whether|nobody has (?:yet )?(?:compared|followed|looked|measured|shown|asked)|no one has (?:yet )?(?:compared|followed|looked|measured|shown)|waiting for an answer|unanswered|open question|jury is (?:still )?out|(?:is|are|remains?|largely|only|merely|mostly|purely) (?:\w+ )?(?:anecdotal|circumstantial|unproven)|(?:are|is) (?:still )?(?:missing|lacking|absent)\b|remains? (?:to be seen|unknown|unproven|unclear)|(?:no|not|never|nobody|none|few|limited|lack of|little|scarce|insufficient|absence of|yet to)\s+(?:\w+\s+){0,6}?(?:trials?|studies|research|evidence|data|been (?:tested|studied))|(?:research|evidence|data) (?:\w+ ){0,8}(?:limited|scarce|lacking|sparse|early|preliminary|thin|new|insufficient|in its infancy)|(?:early|infant) stages?|in (?:its|their) infancy|(?:more|further|larger) (?:\w+ )?(?:research|studies|trials|data) (?:\w+ )?(?:is|are|needed|required)|a lot we (?:do not|don't) know|much (?:is|remains) unknown|not (?:been )?(?:well |yet |fully )?(?:studied|tested|understood|known)|untested|unstudied|unclear",
    "publication": r"published|journal|in press|preprint|paper\b|peer[- ]reviewed",
    "epidemiology": r"(?:people|adults|americans|patients|population|million|billion|percent|%|one in|\d in \d+) (?:\w+ ){0,5}(?:suffer|live with|have|experience|affected|are affected|diagnosed)|affects?\b|prevalence|million|billion|leading cause|crisis\b|epidemic",
    # what can not be checked
    "prediction": r"on the brink|about to\b|stands? to (?:change|transform|redefine)|(?:years?|decades?) from now|in (?:\w+ )?(?:five|ten|twenty|\d+) years'? time|within (?:a|the next) (?:decade|few years)|\bwill (?:\w+ )?(?:be|have|become|revolution\w*|transform|change|replace|soon|one day|play|have|likely|see|continue|open|help|offer|provide)\b|eventually|one day|some ?day|in the (?:near |coming |not too distant )?(?:future|years|decade)|poised to|set to|on the (?:horizon|verge|cusp|way)|\bsoon\b|next (?:generation|decade|frontier|few years)|future of|is going to|years away|paradigm shift|will usher|tomorrow's|might open up|open(?:s)? up new|new (?:era|hope|horizons?|frontier|possibilit\w+|options?)",
    "opinion": r"exciting\w*|hope(?:ful)?\b|hopes\b|should be|deserve\w*|worth (?:exploring|discussing|considering|it|trying)|believe\w*|i think|we think|fascinating|important(?:ly)? to|essential|crucial|valuable|encouraging|compelling|intriguing|interesting|optimis\w+|reason for|give(?:s)? (?:people |patients )?(?:hope|reason)|promising\b|unfortunately|sadly|luckily|thankfully|beautiful|powerful tool|renaissance|interest (?:is|in)|growing interest|attention|momentum|expanding (?:quickly|rapidly)|rapidly (?:growing|evolving|changing)|changing (?:rapidly|quickly)|big role",
    "vague": r"plant medicines?|\bbe(?:ing|coming)? whole\b|\bsoul\b|vibration\w*|ancient|ancestral|natural(?:ly)?\b|holistic\w*|wellness|whole person|mind[,-]? body|balance|harmony|wisdom|sacred|spiritual\w*|transform\w*|unlock\w*|deeper?\b|inner\b|journey|gentl[ey]\w*|empower\w*|heal(?:ing)? (?:from within|the soul|yourself)|reclaim|rediscover|reconnect\w*|thrive|vitality|energy|optimi[sz]e|quality of life|new perspective|possibilit\w+|unique\w*|advantages?|comprehensive",
    "promotion": r"worth (?:a |\w+ )?(?:decade|year|lifetime)s? of (?:\w+ )?therapy|at a \w+ retreat|\bour (?:clinic|retreat|program|programme|team|guides|guests|clients|patients|approach|protocol|center|centre|facilitators|treatments?|services?|products?)\b|contact us|call (?:us|now|today)|book (?:a|your|now)|sign up|learn more|schedule (?:a|your) (?:consult|call|appointment)|join us|discover (?:how|our)|we (?:offer|provide|help|specialize|specialise|guide|support|treat)|free consultation|subscribe|buy\b|shop\b|discount|at our\b",
    "advice": r"^(?:if you|consider|talk to|speak (?:to|with)|ask your|always |make sure|be sure|stay |consult|remember|start |try |you should|you can|seek|work with|find a|check |keep )|\byou(?:'re| are| should| can| may want| might want)\b.*\b(?:doctor|consider|discuss|important|your)\b|talk to your|speak with your|discuss(?:ing)? (?:it |this )?with",
    "definition": r"\b(?:is|are) (?:an? |the )?(?:\w+ ){0,4}(?:type|form|kind|class|group|condition|disorder|compound|substance|hallucinogen|practice|derivative|alkaloid|anesthetic|anaesthetic|dissociative)\b|\bmeans\b|refers to|defined as|known as|called\b|involves (?:taking|using)|falls? between|consists? of|derived from|found in|naturally occurring",
    "dose-word": r"\bdos(?:e|es|age|ages|ing|ed)\b|micro-?dos\w*|macro-?dos\w*|milligrams?|micrograms?|\bmg\b|\bmcg\b|µg|\bug\b|grams?\b",
    "perceptible": r"(?:non|not|sub|no|without)[- ]?(?:\w+ )?(?:psychedelic|hallucinogenic|perceptible|perceptual|hallucinat\w+|psychoactive|trip\w*)|sub-?perceptual|below the (?:threshold|level)|(?:any|major) (?:hallucinations?|changes in consciousness)|imperceptible",
    "dissociation": r"how (?:intense|strong|deep|powerful|mystical)\b[^.;]{0,50}(?:no|not|n't|never)\b[^.;]{0,25}(?:bearing|matter|predict|influence|affect|effect|relat|link|correlat|depend|difference)|(?:no bearing|did not matter|didn't matter|made no difference)\b|(?:independent|regardless|unrelated|irrespective)\s+(?:\w+\s+){0,6}?(?:trip|experience|high|hallucinat\w+|psychedelic (?:effects?|experience)|acute (?:effects|experience)|subjective)|(?:did not|didn't|does not|doesn't|do not|don't) (?:seem |appear )?(?:to )?(?:be )?(?:depend|correlat|relat|track|follow|link|tied)\w*|not (?:seem )?(?:related|linked|dependent|correlated|tied)",
    "population-claim": r"\bpatients\b|\bpeople (?:with|living|who have|suffering)|sufferers|adults with|those with|for (?:chronic )?pain\b|humans?\b",
    "prevent": r"prevent\w*|prophyla\w+|future (?:ones|attacks|headaches)|maintenance|longer (?:remission|pain-free)",
    "abort": r"abort\w*|stop(?:s|ped|ping)? (?:\w+ ){0,3}(?:attacks?|headaches?|migraines?)|active (?:headaches?|attacks?)|end(?:s|ed|ing)? (?:an? |the )?attacks?|acute attacks?",
    "all-people": r"\b(?:everyone|everybody|all (?:patients|people|participants|sufferers|users|types|kinds|forms)|any (?:kind|type|form)|every (?:patient|person|one|case)|nobody|no one)\b|(?:various|many|all|several|a range of|wide range of|most) (?:\w+ )?(?:types|kinds|forms|conditions)",
    "analgesic-use": r"(?:cut(?:s|ting)?|reduc\w+|lower\w*|stop\w*|ended|eliminat\w+|need(?:ed)?|fewer|less|off|taper\w*|decreas\w+|quit\w*|wean\w*) (?:\w+ ){0,5}?(?:opioids?|painkillers?|(?:pain )?medications?|meds|medicines|analgesics?|narcotics?)",
}

#: What a statement is about, finer than its type: used to compare a claim with a curated finding.
TOPICS: Mapping[str, str] = {
    "spinal": r"\bspin(?:e|al)\b|spinal cord",
    "brain-site": r"cingulate|\bacc\b|circuits?|into the brain|in the brain|cortex|brain region|prefrontal",
    "acute-experience": r"acute|experience|\btrip\b|5d-?asc|subjective|hallucinat\w+|felt|feelings?|psychedelic effects?|mystical",
    "mood": r"mental[- ]health|mood|depress\w+|anxi\w+",
    "attacks": r"attacks?|frequency|headaches?",
    "migraine-days": r"migraine days?|migraines?",
    "bdnf": r"bdnf|neurotroph\w+",
    "trkb": r"trkb",
    "5ht2a": r"5-?ht-?\s?2a|serotonin[- ]2a|serotonin receptors?|5-?ht receptors?",
    "5ht1a": r"5-?ht-?\s?1a",
    "serotonin": r"serotoni\w+|5-?ht\w*",
    "tnf": r"tnf\w*|tumou?r necrosis",
    "il6": r"il-?6|interleukin",
    "crp": r"\b(?:hs)?crp\b|c-reactive",
    "inflammation": r"inflamm\w+|cytokines?|immune|tnf\w*|il-?6|\bcrp\b|swelling",
    "plasticity": r"plastic\w*|pliab\w+|malleab\w+|rewir\w+|(?:damaged|new|brain|nerve) (?:neurons?|cells?)|(?:repair|regenerat|regrow|heal)\w* (?:\w+ ){0,2}(?:neurons?|nerves?|brain)|new (?:\w+ )?(?:connections?|pathways?|patterns?)|synap\w+|spines?\b.*dens\w+|dendrit\w+|neur(?:ite|ogenesis)\w*|bdnf|trkb|learning window|brain cells?|branches|critical period|reset\w*|neurons? grow|growth of|ltp\b|nerve cells?|neural connections?",
    "spines": r"dendritic|spine density|\bspines\b|synaps\w+",
    "connectivity": r"connectiv\w*|default[- ]mode|networks?\b|\bdmn\b|desynchron\w*",
    "hypothalamus": r"hypothalam\w*",
    "blood-pressure": r"blood pressure|hypertensi\w+|systolic|diastolic",
    "tolerance": r"toleran\w*|tolerat\w+|cold (?:water|pressor|bath)|withst\w+|ic[ey][- ]?(?:cold )?(?:water|bath)|hands? in",
    "unpleasantness": r"unpleasant\w*|painful\w*",
    "mirror": r"mirror",
    "opioid-use": r"opioids?|narcotic|painkillers?|medication",
    "occupancy": r"occup\w+",
    "emotional": r"emotion\w*|psycholog\w+|accept\w+|reframing|coping|suffering|mental",
}

#: Words for harms, and what to look for in tables and records.
HARM_WORDS: Mapping[str, tuple[str, str]] = {
    "headache": (r"headaches?", r"headache"),
    "hallucinations": (
        r"hallucinat\w+|see(?:ing)? things",
        r"hallucinat|psychotomimetic|psychosis|paranoia",
    ),
    "mental illness": (
        r"(?:existing |underlying |pre-existing )?mental (?:illness\w*|health (?:condition|problem|disorder)s?)(?: worse)?",
        r"psychosis|psychotic|schizophreni",
    ),
    "nausea": (r"nausea|nauseous|vomit\w*|upset stomach|queas\w+|poor appetite", r"nausea|vomit"),
    "anxiety": (r"anxi\w+|panic|fear\b|frighten\w*|scary", r"anxiety|anxious"),
    "dizziness": (r"dizz\w+|light-?headed\w*", r"dizz"),
    "blood pressure": (r"blood pressure|hypertens\w+", r"blood pressure|systolic|diastolic"),
    "heart rate": (
        r"heart rate|tachycard\w+|racing heart|pulse rate|(?:fast|faster|racing|raised|higher) pulse",
        r"heart rate",
    ),
    "heart": (
        r"(?:the |your )?heart\b(?! (?:rate|valve|attack))|circulation|cardiovascular|cardiac",
        r"heart rate|blood pressure|systolic|cardi",
    ),
    "heart valve": (r"valv\w+", r"valv"),
    "paranoia": (r"paranoi\w*", r"paranoia"),
    "psychosis": (
        r"psychos[ie]s|psychotic (?:episode|symptom|break|reaction)\w*|schizophreni\w*",
        r"psychosis|psychotic|schizophreni",
    ),
    "mania": (r"mania|manic", r"mania|manic"),
    "flashbacks": (r"flashbacks?", r"flashback"),
    "lasting perception": (r"hppd|persisting perception", r"persisting perception"),
    "seizures": (r"seizures?|convulsi\w+", r"seizure|convuls"),
    "suicidality": (r"suicid\w+|self-harm", r"suicid|self-harm"),
    "bladder": (r"bladder|urinary|cystitis|urolog\w*", r"urinary"),
    "liver": (r"\bliver|hepat\w+", r"hepat|liver"),
    "serotonin syndrome": (
        r"serotonin (?:syndrome|toxicity)",
        r"serotonin (?:syndrome|toxicity)|serotonin-like",
    ),
    "spasm": (r"spasms?|spasticity", r"spasm"),
    "dissociation": (r"dissociat\w+|out-of-body", r"dissociat|psychotomimetic|psychedelic effects"),
    "difficult experience": (
        r"bad trips?|(?:difficult|challenging|intense|distressing|overwhelming) (?:\w+ )?(?:experience|trip|emotion|memor|effect)\w*|psychological (?:challenges?|distress)|emotionally (?:challenging|difficult|intense)|(?:be|experiences? can be) (?:intense|challenging)\b.*",
        r"anxiety|bad trip|negative experience|bad drug effect",
    ),
    "confusion": (r"confus\w+|disorient\w+", r"thought disorder|confus"),
}

_MINUS = "\u2212\u2013\u2014"
_COMPILED: dict[str, re.Pattern[str]] = {}


def find_cues(text: str, table: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the entries of a table that occur in lower-case text.

    Parameters
    ----------
    text : str
        Lower case, plain quotes and hyphens.
    table : mapping of str to str
        One of the tables of this module.

    Returns
    -------
    frozenset of str
    """
    found = []
    for name, pattern in table.items():
        compiled = _COMPILED.get(pattern)
        if compiled is None:
            # a word starts where the pattern starts, except where it says otherwise
            compiled = _COMPILED[pattern] = re.compile(rf"(?<!\w)(?:{pattern})")
        if compiled.search(text):
            found.append(name)
    return frozenset(found)
