"""The audit trail of the server: sign-ins, accounts, uploads, refused writes. It only ever grows.

What must never be in it: passwords, cookies, the text of an article or a record. So a name somebody
tried to sign in with is kept only when it is an account's; people type passwords into the wrong field.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import sqlalchemy as sa

from aponia.literature.store import schema as t
from aponia.literature.store.database import ReviewError, writing
from aponia.literature.store.trail import chain, now, utc

__all__ = ["ServerAudit", "append"]

_LONGEST = 200


def append(c: sa.Connection, who: str, action: str, detail: dict[str, Any]) -> None:
    """Add an entry inside a transaction of `writing(engine, 0)`.

    Parameters
    ----------
    c : Connection
    who : str
        A person's name, or what acted ("command line"); empty for somebody unknown.
    action : str
    detail : dict
        JSON-safe values; texts are cut to 200 characters.
    """
    t_ = t.server_audit
    before = c.execute(sa.select(t_.c.chain).order_by(t_.c.id.desc()).limit(1)).scalar()
    at, who = now(), _plain(who)
    detail = {k: _plain(v) if isinstance(v, str) else v for k, v in detail.items()}
    link = chain(str(before or ""), at, who, action, detail)
    c.execute(sa.insert(t_).values(at=at, who=who, action=action, detail=detail, chain=link))


def _plain(text: str) -> str:
    """Return text a log may hold: bounded, on one line, without control characters."""
    return "".join(" " if unicodedata.category(x)[0] == "C" else x for x in text[:_LONGEST])


class ServerAudit:
    """Read and write the trail.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def add(self, who: str, action: str, **detail: Any) -> None:
        """Add an entry; see `append`."""
        with writing(self.engine, 0) as c:
            append(c, who, action, detail)

    def count(self) -> int:
        """Return how many entries there are."""
        with self.engine.connect() as c:
            return int(
                c.execute(sa.select(sa.func.count()).select_from(t.server_audit)).scalar() or 0
            )

    def entries(self, offset: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """Return entries, newest first: id, at, who, action, detail, chain."""
        query = sa.select(t.server_audit).order_by(t.server_audit.c.id.desc())
        with self.engine.connect() as c:
            rows = c.execute(query.offset(offset).limit(limit)).mappings()
            return [dict(r) | {"at": utc(r["at"])} for r in rows]

    def verify(self) -> int:
        """Check the chain from the first entry on and return how many entries it has.

        Raises
        ------
        ReviewError
            An entry does not fit: the trail was changed outside the program.
        """
        link, seen = "", 0
        with self.engine.connect() as c:
            for row in c.execute(
                sa.select(t.server_audit).order_by(t.server_audit.c.id)
            ).mappings():
                link = chain(link, row["at"], row["who"], row["action"], row["detail"])
                if link != row["chain"]:
                    raise ReviewError(
                        f"entry {row['id']} of the server's audit trail does not fit the chain: it was changed outside the program"
                    )
                seen += 1
        return seen
