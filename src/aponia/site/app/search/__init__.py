"""Search as a page and as JSON; what is found is `aponia.site.search`."""

from aponia.site.app.search.routes import router

__all__ = ["router"]
