"""Who may sign in, and who is signed in. Passwords are kept as argon2id hashes, cookies as digests."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from aponia.literature.store import schema as t
from aponia.literature.store.database import ReviewError, clean, writing
from aponia.literature.store.server_audit import append
from aponia.literature.store.trail import now, utc

__all__ = ["ROLES", "Account", "Accounts"]

#: What each may do: a reader looks, a screener decides, an editor also imports, merges and sets.
ROLES = ("reader", "screener", "editor")
_SHORTEST = 12


@dataclass(frozen=True, slots=True)
class Account:
    """A person with a password."""

    name: str
    role: str
    active: bool


class Accounts:
    """The people and sessions of a database.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: sa.Engine) -> None:
        from argon2 import PasswordHasher

        self.engine = engine
        self._hasher = PasswordHasher()
        # Checked for names nobody has, so that the time taken tells nothing.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def add(
        self, name: str, password: str, *, role: str = "screener", who: str = "command line"
    ) -> Account:
        """Add a person; `who` stands for it in the server's audit trail.

        Raises
        ------
        ReviewError
            The name is taken or empty, the role unknown, the password shorter than 12 characters.
        """
        name = clean(name, "name", most=80)
        if not name:
            raise ReviewError("an account needs a name")
        if role not in ROLES:
            raise ReviewError(f"unknown role {role!r}; known are {', '.join(ROLES)}")
        made = self._hash(password)
        with writing(self.engine, 0) as c:
            if c.execute(sa.select(t.account.c.name).where(t.account.c.name == name)).first():
                raise ReviewError(f"there is an account {name!r} already")
            c.execute(sa.insert(t.account).values(
                name=name, password=made, role=role, active=True, created_at=now()
            ))  # fmt: skip
            append(c, who, "account added", {"account": name, "role": role})
        return Account(name, role, True)

    def _hash(self, password: str) -> str:
        if not _SHORTEST <= len(password) <= 1000:
            raise ReviewError(f"a password needs at least {_SHORTEST} characters")
        return self._hasher.hash(password)

    def change(
        self, name: str, *, password: str | None = None, role: str | None = None, active: bool | None = None,
        who: str = "command line",
    ) -> None:  # fmt: skip
        """Change a person's password, role or whether they may sign in; their sessions end.

        Raises
        ------
        ReviewError
            Nobody has the name, or a value is not allowed.
        """
        values: dict[str, object] = {}
        if password is not None:
            values["password"] = self._hash(password)
        if role is not None:
            if role not in ROLES:
                raise ReviewError(f"unknown role {role!r}; known are {', '.join(ROLES)}")
            values["role"] = role
        if active is not None:
            values["active"] = active
        if not values:
            raise ReviewError("nothing to change was named")
        with writing(self.engine, 0) as c:
            done = c.execute(sa.update(t.account).where(t.account.c.name == name).values(**values))
            if done.rowcount != 1:
                raise ReviewError(f"there is no account {name!r}")
            c.execute(sa.delete(t.session).where(t.session.c.name == name, t.session.c.signed_in))
            told = {k: "new" if k == "password" else v for k, v in values.items()}
            append(c, who, "account changed", {"account": name, **told})

    def all(self) -> list[Account]:
        """Return all people, by name."""
        query = sa.select(t.account).order_by(t.account.c.name)
        with self.engine.connect() as c:
            return [
                Account(r["name"], r["role"], bool(r["active"]))
                for r in c.execute(query).mappings()
            ]

    def get(self, name: str) -> Account | None:
        """Return a person who may sign in."""
        return next((a for a in self.all() if a.name == name and a.active), None)

    def check(self, name: str, password: str) -> Account | None:
        """Return the person whose name and password these are; takes as long for a wrong name."""
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            name = clean(name, "name", most=80)
        except ReviewError:
            # No account has such a name, and not every database can be asked for it.
            name = ""
        query = sa.select(t.account).where(t.account.c.name == name, t.account.c.active)
        with self.engine.connect() as c:
            row = c.execute(query).mappings().first()
        try:
            self._hasher.verify(row["password"] if row else self._nobody, password[:1000])
        except (VerificationError, InvalidHashError):
            return None
        return Account(row["name"], row["role"], True) if row else None

    # -- sessions ----------------------------------------------------------------------------------

    def open_session(self, name: str, *, signed_in: bool, hours: float = 12) -> str:
        """Return a new cookie value; only its digest is kept."""
        token = secrets.token_urlsafe(32)
        with writing(self.engine, 0) as c:
            c.execute(sa.delete(t.session).where(t.session.c.expires_at < now()))
            c.execute(sa.insert(t.session).values(
                digest=_digest(token), name=clean(name, "name", most=80), signed_in=signed_in,
                expires_at=now() + timedelta(hours=hours),
            ))  # fmt: skip
        return token

    def session(self, token: str) -> tuple[str, bool] | None:
        """Return the name a cookie stands for and whether it was signed in with a password."""
        query = sa.select(t.session).where(t.session.c.digest == _digest(token))
        with self.engine.connect() as c:
            row = c.execute(query).mappings().first()
        if row is None or utc(row["expires_at"]) < now():
            return None
        return str(row["name"]), bool(row["signed_in"])

    def close_session(self, token: str) -> None:
        """End a session."""
        with writing(self.engine, 0) as c:
            c.execute(sa.delete(t.session).where(t.session.c.digest == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
