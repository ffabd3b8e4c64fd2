"""Pages with every component and chart: ``python -m aponia.site.charts.gallery OUT [THEME]``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aponia.site.charts import gallery_data as data
from aponia.site.charts.components import SiteInfo
from aponia.site.charts.correlations import correlation_figure
from aponia.site.charts.direction import direction_figure
from aponia.site.charts.durability import durability_figure
from aponia.site.charts.forest import forest_figure
from aponia.site.charts.gallery_map import MAP
from aponia.site.charts.gallery_mechanism import CHAIN, CORRELATIONS
from aponia.site.charts.history import history_figure
from aponia.site.charts.icons import icon_figure
from aponia.site.charts.mechanism_graph import mechanism_figure
from aponia.site.charts.specification import specification_figure
from aponia.site.charts.strip import strip_figure

__all__ = ["build_gallery"]

_SITE = Path(__file__).parent.parent
_PAGES = {
    "index.html": "gallery/map.html",
    "question.html": "gallery/question.html",
    "parts.html": "gallery/parts.html",
    "charts.html": "gallery/charts.html",
}


def build_gallery(out: Path, theme: str = "") -> list[Path]:
    """Write the gallery.

    Parameters
    ----------
    out : Path
        Folder to write to; made if absent.
    theme : {"", "light", "dark"}
        Forced theme; "" follows the reader's system.

    Returns
    -------
    list of Path
        The pages written.
    """
    env = Environment(
        loader=FileSystemLoader([_SITE / "templates", Path(__file__).parent / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    figures = {
        "strip": strip_figure(data.STRIP),
        "cluster": forest_figure(data.CLUSTER),
        "bcg": forest_figure(data.BCG),
        "reviews": forest_figure(data.REVIEWS),
        "directions": direction_figure(data.DIRECTIONS),
        "icons": icon_figure(data.ICONS),
        "harm_icons": icon_figure(data.HARM_ICONS),
        "durability": durability_figure(data.DURABILITY),
        "history": history_figure(data.HISTORY),
        "specification": specification_figure(data.SPECIFICATIONS),
    }
    out.mkdir(parents=True, exist_ok=True)
    shutil.copytree(_SITE / "static", out / "static", dirs_exist_ok=True)
    written = []
    for name, template in _PAGES.items():
        html = env.get_template(template).render(
            d=data,
            sample_map=MAP,
            figures=figures,
            chains=(mechanism_figure(CHAIN), correlation_figure(CORRELATIONS)),
            theme=theme,
            site=SiteInfo("0.1.0", "22 Nov 2026", "20 Nov 2026", "#", "#"),
            page_title="Gallery",
            nav_current="questions",
        )
        path = out / name
        path.write_text(html, encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    for page in build_gallery(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""):
        sys.stdout.write(f"{page}\n")
