"""Words that carry no claim of their own."""

from __future__ import annotations

from aponia.claims.terms import stem

__all__ = ["BLAND_WORDS", "EMPTY_STEMS", "EVERYDAY_STREET_NAMES", "FUNCTION_WORDS"]

_FUNCTION = """
the a an of and or to in on at by for from with as is are was were be been being it its this
that these those they their them he she his her we our you your i who whom which what when
where how why not no nor than then so such if but while also very more most much many some any
all both each other another into over after before during between about out up down only just
even still yet there here can could may might will would shall should must do does did done
have has had having s t one two three four five six seven eight nine ten
"""
_EMPTY = """
cause causes caused causing common commonly often sometimes
study studies trial trials research researchers found find finding show showed shown suggest
suggests report reported reports people patients participants users person group groups new
recent evidence early result results drug drugs substance substances use used using treatment
treat therapy effect effects pain painful relief relieve reduce reduced lower lowered help
helped dose doses day days week weeks month months year years took take taking taken given
received gave made make makes like well way long first later less fewer number percent half
same several certain possible potential potentially may might condition conditions symptom
symptoms chronic severe scientist scientists clinical experience experienced experiences least
seem seems appear appears called say says said told according among average roughly nearly
almost around per followed following due led leading small large big published note noted
however now today currently describe described describes period periods episode episodes brief
briefly still being compare compared comparing versus low high lasting lasted last time times
single
"""
_BLAND = """
pain chronic headache headaches disease syndrome disorder peripheral neuropathy neuralgia
painful induced systemic related attack attacks
"""
_STREET = """
acid mushroom mushrooms toad molly ecstasy pot weed ket truffle truffles blotter microdot
dimitri bufo sclerotia peyote
"""

#: Words of grammar.
FUNCTION_WORDS = frozenset(_FUNCTION.split())
#: Stems of words that any claim about a study may hold and no record needs to.
EMPTY_STEMS = frozenset(stem(w) for w in _EMPTY.split())
#: Words inside names of diseases that do not tell one from another.
BLAND_WORDS = frozenset(_BLAND.split())
#: Street names that are everyday words too.
EVERYDAY_STREET_NAMES = frozenset(_STREET.split())
