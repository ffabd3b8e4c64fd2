"""The live application: pages that need a server, and their data twins under ``/api/v1``.

`create_app` puts it together. What lies ready in memory (`shelf`: every evidence page and file, the
same bytes as the frozen site but for the header's live-only links) is answered before any router;
the rest goes to features, each a router with its pages. A feature draws a page in the frame of the
evidence pages with `live_page`. `serving` runs it all behind uvicorn.
"""

from aponia.site.app.config import AppConfig, ConfigError, check_binding
from aponia.site.app.factory import create_app
from aponia.site.app.live import live_page

__all__ = ["AppConfig", "ConfigError", "check_binding", "create_app", "live_page"]
