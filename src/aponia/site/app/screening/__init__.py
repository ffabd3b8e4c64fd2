"""The screening workplace: pages, forms, downloads and their JSON twins."""

from aponia.site.app.screening import actions, api, editing, files, pages
from aponia.site.app.screening.desk import Desk

__all__ = ["Desk", "routers"]

routers = (pages.router, actions.router, editing.router, files.router, api.router)
