"""The places that are searched, behind one small seam, one client each.

In goes a `Query`: a text in the source's own syntax and a window of dates. Out come objects `Page`: records
as the readers make them, trials as `TrialEntry` for registers, label and report rows for openFDA, and
a cursor. Whoever has stored a page may be killed and go on from its cursor, to the same result.

- `aponia.literature.sources.transport` is the one HTTP client: cache, retries, polite rates, keys.
- `aponia.literature.sources.walking` counts every page against what the source states.
- Each client's module says which documentation was checked and what is from memory.
- `aponia.literature.sources.saving` writes pages to a file, page by page.

An answer of another form than the client was written for is a `SourceChanged`, never an empty
result. Keys come from the environment (``NCBI_API_KEY``, ``OPENALEX_API_KEY``, ``OPENFDA_API_KEY``) and
are seen on the wire alone; ``APONIA_CONTACT`` is an e-mail address told to the sources.

>>> sorted(NAMES)[:4]
['biorxiv', 'clinicaltrials-gov', 'crossref', 'ctis']
"""

from __future__ import annotations

import os
from typing import Any

from aponia.literature.sources.clinicaltrials import ClinicalTrials
from aponia.literature.sources.crossref import Crossref
from aponia.literature.sources.ctis import Ctis
from aponia.literature.sources.errors import SourceBusy, SourceChanged, SourceError
from aponia.literature.sources.europe_pmc import EuropePmc
from aponia.literature.sources.ictrp import Ictrp
from aponia.literature.sources.isrctn import Isrctn
from aponia.literature.sources.model import Page, Query, Source
from aponia.literature.sources.openalex import OpenAlex
from aponia.literature.sources.openfda import FdaEvents, FdaLabels
from aponia.literature.sources.patience import TransportSettings
from aponia.literature.sources.preprints import BioRxiv, MedRxiv
from aponia.literature.sources.pubmed import PubMed
from aponia.literature.sources.safety_rows import CAUTION, LabelRow, ReactionCount
from aponia.literature.sources.saving import Saved, save
from aponia.literature.sources.strategy import strategy_query
from aponia.literature.sources.trials import PrimaryOutcome, TrialEntry
from aponia.literature.sources.walking import HttpSource

__all__ = [
    "CAUTION", "NAMES", "LabelRow", "Page", "PrimaryOutcome", "Query", "ReactionCount", "Saved", "Source",
    "SourceBusy", "SourceChanged", "SourceError", "TransportSettings", "TrialEntry", "open_source", "save",
    "strategy_query",
]  # fmt: skip

_HTTP: tuple[type[HttpSource], ...] = (
    PubMed, EuropePmc, OpenAlex, Crossref, BioRxiv, MedRxiv, ClinicalTrials, Isrctn, Ctis, FdaLabels, FdaEvents,
)  # fmt: skip
#: Names of the sources, in the order of a report.
NAMES = (*(s.name for s in _HTTP), Ictrp.name)


def open_source(name: str, **how: Any) -> HttpSource | Ictrp:
    """Open a source by its name.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    **how
        For the client; see `HttpSource` and `Ictrp`. ``APONIA_SOURCES_BASE`` names a server on
        this machine that stands for all of them, for tests and demonstrations.

    Raises
    ------
    SourceError
        No such source, or a base address that is not on this machine.
    """
    if name == Ictrp.name:
        return Ictrp(**how)
    for kind in _HTTP:
        if kind.name == name:
            stand_in = os.environ.get("APONIA_SOURCES_BASE", "").strip().rstrip("/")
            if stand_in:
                if not stand_in.startswith(
                    ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
                ):
                    raise SourceError(name, "APONIA_SOURCES_BASE may only name a server on this machine")  # fmt: skip
                how.setdefault("base", f"{stand_in}/{name}")
            return kind(**how)
    raise SourceError(name, f"no such source; there are {', '.join(NAMES)}")
