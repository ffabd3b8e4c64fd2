"""Check an article: paste or upload, the result in place, nothing kept.

The text lives in memory while it is checked and nowhere else: no file, no database, no log.
`intake` reads a request without touching the disk, `routes` shows form and result. What is judged is
`aponia.claims`, how it is shown `aponia.claims.report`.
"""

from aponia.site.app.checking.intake import MOST_BYTES
from aponia.site.app.checking.routes import router, too_large

__all__ = ["MOST_BYTES", "router", "too_large"]
