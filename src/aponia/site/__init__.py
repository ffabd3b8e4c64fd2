"""The evidence site: frozen pages today, the same pages live.

In: an evidence base. Out: a folder of HTML, SVG inside it, CSV, JSON and RIS beside it, that needs
no script and no network. `build_site` writes to a temporary folder, lets `aponia.answers.guard` and
the link check read every page, and only then puts it in the place of the old one.
"""

from aponia.site.build import BuildError, BuildReport, build_site

__all__ = ["BuildError", "BuildReport", "build_site"]
