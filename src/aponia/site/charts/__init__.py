"""Charts of the site: plain frozen dataclasses in, accessible SVG and a table twin out.

Each chart has a dataclass, a drawing function ``x(plot, layout)`` that returns one ``<svg>``, a
``x_table(plot)`` with the same numbers, and an ``x_figure(plot)`` that holds both drawings and the
table for the macro ``figure``. The typed items of the other macros are in `components`.
"""

from aponia.site.charts.albatross import (
    AlbatrossChart,
    AlbatrossPoint,
    albatross_chart,
    albatross_figure,
    albatross_table,
)
from aponia.site.charts.correlations import (
    CorrelationPlot,
    CorrelationRow,
    correlation_figure,
    correlation_plot,
    correlation_table,
)
from aponia.site.charts.direction import (
    DirectionCell,
    DirectionRow,
    EffectDirectionPlot,
    direction_figure,
    direction_table,
    effect_direction_plot,
)
from aponia.site.charts.durability import (
    DurabilityCurve,
    DurabilityPoint,
    DurabilitySeries,
    durability_curve,
    durability_figure,
    durability_table,
)
from aponia.site.charts.errors import ChartError
from aponia.site.charts.evidence_map import (
    Approach,
    EvidenceMap,
    MapCell,
    MapColumn,
    MapRow,
    MapView,
)
from aponia.site.charts.figure import Figure, Link, Quoted, Row, Table
from aponia.site.charts.forest import (
    ForestPlot,
    ForestPooled,
    ForestRow,
    forest_figure,
    forest_plot,
    forest_table,
)
from aponia.site.charts.history import (
    HistoryCurve,
    HistoryPoint,
    history_curve,
    history_figure,
    history_table,
)
from aponia.site.charts.icons import IconArm, IconArray, icon_array, icon_figure, icon_table
from aponia.site.charts.mechanism_graph import (
    GraphStep,
    MechanismGraph,
    mechanism_figure,
    mechanism_graph,
    mechanism_table,
)
from aponia.site.charts.specification import (
    Specification,
    SpecificationCurve,
    specification_curve,
    specification_figure,
    specification_table,
)
from aponia.site.charts.strip import (
    EffectStrip,
    StripItem,
    effect_strip,
    strip_figure,
    strip_table,
)

__all__ = [
    "AlbatrossChart",
    "AlbatrossPoint",
    "Approach",
    "ChartError",
    "CorrelationPlot",
    "CorrelationRow",
    "DirectionCell",
    "DirectionRow",
    "DurabilityCurve",
    "DurabilityPoint",
    "DurabilitySeries",
    "EffectDirectionPlot",
    "EffectStrip",
    "EvidenceMap",
    "Figure",
    "ForestPlot",
    "ForestPooled",
    "ForestRow",
    "GraphStep",
    "HistoryCurve",
    "HistoryPoint",
    "IconArm",
    "IconArray",
    "Link",
    "MapCell",
    "MapColumn",
    "MapRow",
    "MapView",
    "MechanismGraph",
    "Quoted",
    "Row",
    "Specification",
    "SpecificationCurve",
    "StripItem",
    "Table",
    "albatross_chart",
    "albatross_figure",
    "albatross_table",
    "correlation_figure",
    "correlation_plot",
    "correlation_table",
    "direction_figure",
    "direction_table",
    "durability_curve",
    "durability_figure",
    "durability_table",
    "effect_direction_plot",
    "effect_strip",
    "forest_figure",
    "forest_plot",
    "forest_table",
    "history_curve",
    "history_figure",
    "history_table",
    "icon_array",
    "icon_figure",
    "icon_table",
    "mechanism_figure",
    "mechanism_graph",
    "mechanism_table",
    "specification_curve",
    "specification_figure",
    "specification_table",
    "strip_figure",
    "strip_table",
]
