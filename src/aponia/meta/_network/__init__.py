"""Network meta-analysis: `network` compares several treatments at once."""

from aponia.meta._network._blocks import DisconnectedNetworkError
from aponia.meta._network._inconsistency import Inconsistency, NodeSplit
from aponia.meta._network._network import network
from aponia.meta._network._result import LeagueTable, NetworkResult

__all__ = [
    "DisconnectedNetworkError",
    "Inconsistency",
    "LeagueTable",
    "NetworkResult",
    "NodeSplit",
    "network",
]
