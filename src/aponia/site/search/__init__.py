"""Search over everything the site holds: questions, studies, trials, facts and pages.

In: an `aponia.site.views.common.World`, then what somebody typed and which filters they set. Out:
`Results`: hits in order with marked words, counts for every filter, what was corrected, what might
have been meant. Nothing here knows HTTP or HTML.

`documents` makes one `Document` of each record; `SearchIndex` puts them into SQLite FTS5 in memory;
`query` turns text into a safe expression, with the words of the vocabulary (brands, street names,
abbreviations) standing for their terms; `spelling` forgives slips.
"""

from aponia.site.search.documents import Document, documents
from aponia.site.search.index import FACETS, Hit, Results, SearchIndex

__all__ = ["FACETS", "Document", "Hit", "Results", "SearchIndex", "documents"]
