"""From an Altair chart to the site's kind of SVG: accessible, themable, without inline style."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from markupsafe import Markup

from aponia.site.charts.drawing import frame
from aponia.site.charts.errors import ChartError
from aponia.site.charts.palette import TOKENS

if TYPE_CHECKING:
    import altair as alt

__all__ = ["CONFIG", "Rows", "fixed", "haloed", "to_svg"]

_NAMESPACE: Final = "{http://www.w3.org/2000/svg}"
# What the frame says once for the whole picture, or what only an interactive chart needs.
_DROP: Final = frozenset(
    {
        "class",
        "role",
        "aria-label",
        "aria-hidden",
        "aria-roledescription",
        "pointer-events",
        "font-family",
        "cursor",
        "stroke-miterlimit",
        "opacity",
    }
)
_EMPTY_PATHS: Final = ("", "M0,0h0v0h0Z")

CONFIG: Final[dict[str, Any]] = {
    "background": None,
    "padding": 2,
    "view": {"stroke": None},
    "font": "Source Sans 3",
    "axis": {
        "domain": False,
        "ticks": False,
        "grid": True,
        "gridColor": TOKENS["rule"],
        "labelColor": TOKENS["ink-2"],
        "labelFontSize": 13,
        "labelPadding": 6,
        "title": None,
        "titleColor": TOKENS["ink-2"],
        "titleFontSize": 13,
        "titleFontWeight": 600,
    },
    "axisX": {"grid": False, "domain": True, "domainColor": TOKENS["rule-2"]},
    "text": {"fontSize": 13, "color": TOKENS["ink"]},
}
"""Vega-Lite configuration every curve shares: light rules, no boxes, no legend."""


class Rows:
    """The data of a chart, by name, beside the chart.

    Altair copies inline data with every mark and encoding; naming the rows and handing them to the
    renderer at the end makes a chart of ten layers about three times as fast.
    """

    def __init__(self) -> None:
        self.named: dict[str, list[dict[str, Any]]] = {}

    def on(self, rows: list[dict[str, Any]]) -> Any:
        """Start a chart on rows.

        Parameters
        ----------
        rows : list of dict
            The data of one layer.

        Returns
        -------
        altair.Chart
            Typed as Any: Altair's channel classes are generated and carry no usable types.
        """
        import altair as alt

        name = f"rows{len(self.named)}"
        self.named[name] = rows
        return alt.Chart(alt.NamedData(name=name))


def fixed(channel: str, value: float | str) -> Any:
    """Encode a position in drawing units.

    Parameters
    ----------
    channel : {"X", "X2", "Y", "Y2"}
        Which position.
    value : float or str
        Units from the top left corner of the plot, or "width" / "height".

    Returns
    -------
    altair channel
        Built directly: ``alt.value`` makes Altair try every schema of the channel, 6 ms each time.
    """
    import altair as alt

    return getattr(alt, f"{channel}Value")(value)


def haloed(chart: Any, **text: Any) -> list[Any]:
    """Set text on a paper-coloured outline, so that it reads across lines.

    Parameters
    ----------
    chart : altair.Chart
        With its positions and text encoded.
    **text
        Arguments of ``mark_text``.

    Returns
    -------
    list of altair.Chart
        Outline, then text.
    """
    outline = {**text, "stroke": TOKENS["paper"], "strokeWidth": 4, "color": TOKENS["paper"]}
    return [chart.mark_text(**outline), chart.mark_text(**text)]


def to_svg(chart: alt.TopLevelMixin, rows: Rows, title: str, description: str, kind: str) -> Markup:
    """Render a chart and clean it.

    Parameters
    ----------
    chart : altair chart
        Any top-level chart; its colours must be values of `palette.TOKENS`.
    rows : Rows
        What its layers draw.
    title, description : str
        Accessible name and description.
    kind : str
        Word for id and class ("durability-wide").

    Returns
    -------
    Markup
        One ``<svg>`` element with presentation attributes only.

    Raises
    ------
    ChartError
        If the drawing holds a colour the theme does not know.
    """
    import vl_convert

    spec = chart.to_dict(validate=False)
    spec["config"] = CONFIG
    spec["datasets"] = rows.named
    source = vl_convert.vegalite_to_svg(spec)
    # The text was written by the renderer on this machine a line above, not by a third party.
    root = ElementTree.fromstring(source)  # noqa: S314
    # All charts of a layout share one view box width, so that type has one size down the page. The
    # renderer's own width is guessed from another font; the charts keep inside by construction.
    width = 340.0 if kind.endswith("narrow") else 800.0
    height = float(root.get("height", "0"))
    _clean(root)
    body = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    body = body.replace(' xmlns:ns0="http://www.w3.org/2000/svg"', "").replace("ns0:", "")
    return frame(body, width, height, title, description, kind)


def _clean(element: ElementTree.Element) -> None:
    for child in list(element):
        if _is_nothing(child):
            element.remove(child)
            continue
        _clean(child)
        if child.tag == f"{_NAMESPACE}g" and not len(child):
            element.remove(child)
    for name in list(element.attrib):
        if name in _DROP:
            del element.attrib[name]
    for name in ("fill", "stroke"):
        value = element.get(name)
        if value is None or value in ("none", "transparent"):
            continue
        known = {hexa.lower(): hexa for hexa in TOKENS.values()}
        if value.lower() not in known:
            raise ChartError(f"colour {value} of a chart is not one of the palette's")
        element.set(name, known[value.lower()])
    size = element.get("font-size")
    if size:
        element.set("font-size", size.removesuffix("px"))
    path = element.get("d")
    if path:
        element.set("d", re.sub(r"\d+\.\d{2,}", lambda m: f"{float(m[0]):.1f}", path))
    place = element.get("transform")
    if place:
        element.set("transform", re.sub(r"\d+\.\d{2,}", lambda m: f"{float(m[0]):.1f}", place))


def _is_nothing(element: ElementTree.Element) -> bool:
    if element.tag != f"{_NAMESPACE}path":
        return False
    return element.get("d", "") in _EMPTY_PATHS or element.get("class") in (
        "background",
        "foreground",
    )
