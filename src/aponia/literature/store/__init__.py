"""A review kept in a database: SQLite for one machine, PostgreSQL for a team."""

from aponia.literature.store.accounts import ROLES, Account, Accounts
from aponia.literature.store.agreement import Agreement, agreement
from aponia.literature.store.board import Board
from aponia.literature.store.checks import TEAM, Check, CheckState
from aponia.literature.store.database import ReviewError, open_database
from aponia.literature.store.importing import KINDS, ImportResult
from aponia.literature.store.review import STAGES, VERDICTS, VIA, Review, reviews
from aponia.literature.store.server_audit import ServerAudit
from aponia.literature.store.settings import Settings
from aponia.literature.store.trail import Decision

__all__ = [
    "KINDS",
    "ROLES",
    "STAGES",
    "TEAM",
    "VERDICTS",
    "VIA",
    "Account",
    "Accounts",
    "Agreement",
    "Board",
    "Check",
    "CheckState",
    "Decision",
    "ImportResult",
    "Review",
    "ReviewError",
    "ServerAudit",
    "Settings",
    "agreement",
    "open_database",
    "reviews",
]
