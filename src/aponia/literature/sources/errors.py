"""What a source can do to a search, said so that a person knows what to do next."""

from __future__ import annotations

__all__ = ["SourceBusy", "SourceChanged", "SourceError"]


class SourceError(ValueError):
    """A source could not be read; the message names the source, the address and what was found.

    Parameters
    ----------
    source : str
        Name of the source.
    problem : str
        What was found and what was expected, without keys.
    url : str
        Address asked, without keys; empty when none was.
    """

    def __init__(self, source: str, problem: str, url: str = "") -> None:
        self.source, self.problem, self.url = source, problem, url
        super().__init__(f"{source}: {problem}" + (f" (asked: {url})" if url else ""))


class SourceChanged(SourceError):  # noqa: N818 - it says what happened
    """The answer is not of the form the client was written for: look at it before searching on."""


class SourceBusy(SourceError):  # noqa: N818 - likewise
    """The source asks to come back later than we are willing to wait; resume then."""
