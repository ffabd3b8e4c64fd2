"""For your doctor: two printed pages a question, the same for everyone.

In: a `World` (base and answers), a question and perhaps a country. Out: `Brief`, plain frozen
objects holding every word of the pages, and from it a PDF of exactly two pages, A4 or US Letter.

`make_brief` is pure; `draw` lays a brief out and shortens it by the stated steps in `CUTS` until it
fits: it never shortens answer, certainty, harms, exclusions, interactions or the urgent box, and
wherever it leaves something out the page says how much. `check` runs the rules of wording over all
texts, and refuses any amount of a drug. Nobody's data go in: what concerns one person is filled in by
hand on the paper.
"""

from aponia.site.briefs.assemble import make_brief
from aponia.site.briefs.countries import COUNTRIES, country_of
from aponia.site.briefs.drawing import BriefError, Drawn, check, draw, draw_all
from aponia.site.briefs.model import CUTS, Brief, Cut, Line, Section, TrialRow, Urgent

__all__ = [
    "COUNTRIES",
    "CUTS",
    "Brief",
    "BriefError",
    "Cut",
    "Drawn",
    "Line",
    "Section",
    "TrialRow",
    "Urgent",
    "check",
    "country_of",
    "draw",
    "draw_all",
    "make_brief",
]
