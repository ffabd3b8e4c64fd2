"""The digest as an e-mail file: text and HTML, nothing loaded from elsewhere, nobody invented."""

from __future__ import annotations

import hashlib
import re
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aponia.literature.watch.digest import Digest
from aponia.literature.watch.layout import sections
from aponia.literature.watch.model import WatchError
from aponia.literature.watch.terminal import as_text

__all__ = ["addresses", "as_html", "as_mail"]


def addresses(texts: list[str]) -> tuple[Address, ...]:
    """Check e-mail addresses.

    Raises
    ------
    WatchError
        One is none.
    """
    out = []
    for text in texts:
        try:
            if not re.fullmatch(r"[^\s<>,;:\"()@]+@[^\s<>,;:\"()@]+", text) or not text.isascii():
                raise ValueError
            out.append(Address(addr_spec=text))
        except (ValueError, MessageError):
            raise WatchError(f"--to {text!r}: expected one e-mail address") from None
    return tuple(out)


def as_html(digest: Digest) -> str:
    """Return the HTML part."""
    folder = FileSystemLoader(Path(__file__).parent)
    env = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip
    return env.get_template("digest.html").render(
        title=digest.title, sections=sections(digest), review=digest.review
    )


def as_mail(digest: Digest, to: list[str] | None = None) -> bytes:
    """Return the message, as a file that mail programs open and ``sendmail -t`` takes.

    Without recipients it names none. The sender is no address that could be answered.

    Raises
    ------
    WatchError
        A recipient is no e-mail address.
    """
    text, html = as_text(digest), as_html(digest)
    seal = hashlib.sha256(f"{digest.review}\n{digest.day}\n{text}".encode()).hexdigest()[:32]
    message = EmailMessage(policy=SMTP)
    message["Subject"] = digest.title
    message["From"] = Address("aponia watch", "watch", "aponia.invalid")
    people = addresses(to or [])
    message["To"] = people or "undisclosed-recipients:;"
    message["Date"] = digest.at
    # The same digest has the same number, so that a mail program shows it once.
    message["Message-ID"] = f"<{seal}@aponia.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{seal}")
    return message.as_bytes()
