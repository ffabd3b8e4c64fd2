"""The live application: pages that need a server, and their data twins under ``/api/v1``.

`create_app` puts it together from features, each a router with its pages; today there is one, the
screening workplace of a review team.
"""

from aponia.site.app.config import AppConfig, ConfigError, check_binding
from aponia.site.app.factory import create_app

__all__ = ["AppConfig", "ConfigError", "check_binding", "create_app"]
