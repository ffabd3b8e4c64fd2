"""How the application is run, and whether that is safe."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["AppConfig", "ConfigError", "check_binding", "is_loopback"]


class ConfigError(ValueError):
    """The application must not be started this way; the message says what to do."""


_RATES = {"check": "20/minute", "pool": "240/minute", "search": "600/minute"}


@dataclass(frozen=True, slots=True)
class AppConfig:
    """Settings of the application.

    Parameters
    ----------
    database : str or None
        SQLAlchemy address; see `aponia.literature.store.open_database`.
    login : bool
        People sign in with a password. Without it, anyone on this machine chooses a name.
    hosts : tuple of str
        Host names the server answers to; a page of another name could be an attacker's that was
        made to point here (DNS rebinding).
    secure_cookies : bool
        The pages are reached over HTTPS.
    upload_bytes : int
        Largest import.
    form_bytes : int
        Largest other request.
    article_bytes, pdf_bytes : int
        Largest text and largest PDF the checker takes from the web.
    background : bool
        Rank in a thread beside the pages; tests rank in line.
    evidence : Path or None
        Another evidence base than the one that ships.
    base_url : str or None
        Address the pages are published at, for the QR codes of the printed briefs.
    rates : dict
        How often one address may ask for costly work, by kind: the checker, pooling and views
        that compute, search.
    """

    database: str | None = None
    login: bool = False
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    secure_cookies: bool = False
    upload_bytes: int = 64 * 1024 * 1024
    form_bytes: int = 256 * 1024
    article_bytes: int = 1_000_000
    pdf_bytes: int = 5_000_000
    background: bool = True
    evidence: Path | None = None
    base_url: str | None = None
    rates: dict[str, str] = field(default_factory=lambda: dict(_RATES))


def is_loopback(host: str) -> bool:
    """Whether a server bound to a host is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_binding(host: str, *, users: int, login: bool) -> None:
    """Refuse to open the application to others before anyone needs a password.

    Raises
    ------
    ConfigError
        The host is not this machine and nobody has an account; or sign-in is asked for and nobody
        could.
    """
    if not is_loopback(host) and not users:
        raise ConfigError(
            f"{host} can be reached from outside, and nobody has an account yet: first make one with "
            "'aponia literature users add NAME --role editor', or stay on 127.0.0.1"
        )
    if login and not users:
        raise ConfigError(
            "nobody could sign in: first make an account with 'aponia literature users add NAME --role editor'"
        )
