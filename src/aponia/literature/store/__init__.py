"""A review kept in a database: SQLite for one machine, PostgreSQL for a team."""

from aponia.literature.store.database import ReviewError, open_database
from aponia.literature.store.review import STAGES, VERDICTS, ImportResult, Review

__all__ = ["STAGES", "VERDICTS", "ImportResult", "Review", "ReviewError", "open_database"]
