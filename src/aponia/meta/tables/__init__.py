"""Effects from a user's table: plain columns, raw numbers, the Metapsy standard, RevMan exports.

`read_table` reads a delimited file; `plain_effects`, `measure_effects`, `metapsy_effects` and
`revman_effects` turn it into effects and say what they used; `resolve_multiple` deals with studies
that have more than one effect. Nothing is guessed silently: every choice is in ``notes``.
"""

from aponia.meta.tables._effects import MULTIPLE, TableEffects, resolve_multiple
from aponia.meta.tables._metapsy import metapsy_effects
from aponia.meta.tables._plain import measure_effects, plain_effects
from aponia.meta.tables._revman import revman_effects
from aponia.meta.tables._table import Table, TableError, read_table

__all__ = [
    "MULTIPLE",
    "Table",
    "TableEffects",
    "TableError",
    "measure_effects",
    "metapsy_effects",
    "plain_effects",
    "read_table",
    "resolve_multiple",
    "revman_effects",
]
