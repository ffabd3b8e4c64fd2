"""Explore: a question under other choices, at an address that reproduces the view.

`routes` reads the choices, sends the browser to the one address of a view and shows it; `recent` keeps
the views asked for last. What is computed is `aponia.answers.explore`, what is shown
`aponia.site.views.explore`.
"""

from aponia.site.app.explore.routes import router

__all__ = ["router"]
