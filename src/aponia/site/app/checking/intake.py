"""Take an article from a request: pasted or as a file, in memory only."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

__all__ = ["MOST_BYTES", "MOST_CHARACTERS", "IntakeError", "Sent", "take"]

#: Largest request: a long paper as PDF is about this large.
MOST_BYTES = 5_000_000
#: Longest text that is checked here; the command line takes longer ones.
MOST_CHARACTERS = 200_000


class IntakeError(ValueError):
    """The request holds nothing to check; the message is for people, `code` for programs."""

    def __init__(self, message: str, code: int = 422) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, repr=False)
class Sent:
    """An article as it was sent; without a repr, so that no log can hold it."""

    data: bytes | str
    name: str
    pasted: str


class _InMemory(MultiPartParser):
    #: Files are never rolled over to the disk: what is sent here is not stored.
    spool_max_size = MOST_BYTES + 1_000_000


async def take(request: Request) -> Sent:
    """Read the article of a request.

    Parameters
    ----------
    request : Request
        A form with the fields ``text`` and ``file``; the file wins when both are filled.

    Returns
    -------
    Sent

    Raises
    ------
    IntakeError
        Nothing was sent, both were, or more than `MOST_BYTES`, or the form can not be read.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            form = await _InMemory(
                request.headers,
                request.stream(),
                max_files=1,
                max_fields=4,
                max_part_size=MOST_BYTES,
            ).parse()
        elif kind == "application/x-www-form-urlencoded":
            form = await FormParser(
                request.headers, request.stream(), max_fields=4, max_part_size=MOST_BYTES
            ).parse()
        else:
            raise IntakeError("Send the text with the form of this page.", 415)
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise IntakeError("The form could not be read; load the page anew and send it again.", 400) from error  # fmt: skip
    except HTTPException as error:
        if error.status_code == 413:
            raise IntakeError(too_large_message(), 413) from error
        raise
    try:
        text, file = form.get("text"), form.get("file")
        pasted = text if isinstance(text, str) else ""
        if isinstance(file, UploadFile) and (file.filename or file.size):
            data = await file.read()
            if pasted.strip():
                raise IntakeError(
                    "A text was pasted and a file was chosen: please send one of them."
                )
            if not data:
                raise IntakeError("This file is empty.")
            return Sent(data, (file.filename or "")[:200], "")
    finally:
        await form.close()
    if not pasted.strip():
        raise IntakeError("There is nothing to check yet: paste a text or choose a file.")
    return Sent(pasted, "", pasted)


def too_large_message() -> str:
    """Say what the limit is and what to do."""
    return (
        f"This is larger than {MOST_BYTES // 1_000_000} MB. Send the text alone, without pictures, "
        "or use the command line (aponia check FILE), which takes larger files."
    )
