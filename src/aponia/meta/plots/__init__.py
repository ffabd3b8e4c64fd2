"""Charts of meta-analyses. Each returns an Altair chart; ``chart.save("x.svg")`` (or .png) draws it.

`forest`, `funnel`, `radial`, `baujat` and `bubble` take the result of `aponia.meta.pool` (and are
methods of it); `gosh`, `profile`, `study_fits` and `cumulative` take what the functions of the same
name in `aponia.meta.diagnostics` return, or a result; `labbe` takes counts.
"""

from aponia.meta.plots._curves import bubble, gosh, profile
from aponia.meta.plots._forest import cumulative, forest, study_fits
from aponia.meta.plots._funnel import baujat, funnel, labbe, radial

__all__ = [
    "baujat",
    "bubble",
    "cumulative",
    "forest",
    "funnel",
    "gosh",
    "labbe",
    "profile",
    "radial",
    "study_fits",
]
