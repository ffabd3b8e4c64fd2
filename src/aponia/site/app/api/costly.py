"""Work that costs the server something: the claims of a text, and pooling. Nothing is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from aponia.site import reading
from aponia.site.app.api.models import CheckReply, PoolReply
from aponia.site.app.limits import limited
from aponia.site.app.problems import problems
from aponia.site.app.queries import only_known
from aponia.site.app.world import world_of

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["computing"], dependencies=[Depends(only_known)])

#: Checks under way at a time in one process; more would only make each other slow.
_checks = threading.BoundedSemaphore(2)
_WAIT = 5.0


@contextmanager
def _turn(turns: threading.BoundedSemaphore) -> Iterator[None]:
    if not turns.acquire(timeout=_WAIT):
        raise HTTPException(503, "other texts are being checked; try again soon", {"Retry-After": "10"})  # fmt: skip
    try:
        yield
    finally:
        turns.release()


class _Body(BaseModel):
    # Strict: "5" is no number, so that a slip of the sender is told instead of guessed at.
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class TextToCheck(_Body):
    """An article: HTML, Markdown or plain text."""

    text: str = Field(
        min_length=1, max_length=1_000_000,
        examples=["Psilocybin reduced cluster headache attacks in a trial of 14 people."],
    )  # fmt: skip


class ClaimsToCheck(_Body):
    """Single claims that stand alone."""

    claims: list[Annotated[str, Field(min_length=1, max_length=2000)]] = Field(
        min_length=1, max_length=50, examples=[["Psilocybin cures cluster headache."]]
    )


_Check: TypeAdapter[TextToCheck | ClaimsToCheck] = TypeAdapter(TextToCheck | ClaimsToCheck)
_CHECK_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/TextToCheck"},
                        {"$ref": "#/components/schemas/ClaimsToCheck"},
                    ]
                },
                "examples": {
                    "claims": {"value": {"claims": ["Psilocybin cures cluster headache."]}},
                    "text": {"value": {"text": "Ketamine infusions helped 19 of 60 people with CRPS."}},
                },
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "HTML, Markdown or text up to 1 MB, or PDF up to 5 MB",
                        }
                    },
                }
            },
        },
    }
}  # fmt: skip


@router.post(
    "/claims/check",
    summary="Check the claims of a text",
    response_model=CheckReply,
    responses=problems(400, 403, 413, 415, 422, 429, 503),
    openapi_extra=_CHECK_BODY,
)
async def check(request: Request, limit: Annotated[None, Depends(limited("check"))]) -> Response:
    """Hold the claims of an article, or single claims, against the evidence.

    Each claim gets a verdict (supported, partly-supported, contradicted, no-evidence, not-checkable or
    unverified), its issues, one sentence of reason and the records it rests on. The checker abstains
    when in doubt. The text is not stored.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        source, name = await _upload(request)
        result = await run_in_threadpool(_check_text, request, source, name)
    elif kind == "application/json":
        try:
            body = _Check.validate_json(await request.body())
        except ValidationError as error:
            raise RequestValidationError(
                [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_input=False)]
            ) from None
        if isinstance(body, TextToCheck):
            result = await run_in_threadpool(_check_text, request, body.text, "")
        else:
            result = await run_in_threadpool(_check_claims, request, body.claims)
    else:
        raise HTTPException(415, "send application/json, or a file as multipart/form-data")
    return JSONResponse(result)


async def _upload(request: Request) -> tuple[bytes, str]:
    config = request.app.state.config
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise HTTPException(422, "the form needs a file under the name 'file'")
        data, name = await file.read(), file.filename or ""
    most = config.pdf_bytes if b"%PDF-" in data[:1024] else config.article_bytes
    if len(data) > most:
        raise HTTPException(413, f"the file is too large: at most {most} bytes of this kind")
    return data, name


def _check_text(request: Request, source: bytes | str, name: str) -> dict[str, Any]:
    most = request.app.state.config.article_bytes
    if isinstance(source, str) and len(source.encode("utf-8", "replace")) > most:
        raise HTTPException(413, f"the text is too large: at most {most} bytes")
    with _turn(_checks):
        return reading.check_article(world_of(request), source, name)


def _check_claims(request: Request, claims: list[str]) -> dict[str, Any]:
    with _turn(_checks):
        return reading.check_claims(world_of(request), claims)


_Number = Annotated[float, Field(ge=-1e12, le=1e12)]


class PoolStudy(_Body):
    """The numbers of one study: `y` with `v` or `se`, or the raw columns a measure needs."""

    label: str = Field(default="", max_length=200)
    y: _Number | None = Field(default=None, description="the effect, on the analysis scale")
    v: _Number | None = Field(default=None, description="its variance")
    se: _Number | None = Field(default=None, description="or its standard error")
    mean1: _Number | None = None
    sd1: _Number | None = None
    n1: _Number | None = None
    mean2: _Number | None = None
    sd2: _Number | None = None
    n2: _Number | None = None
    events1: _Number | None = None
    total1: _Number | None = None
    events2: _Number | None = None
    total2: _Number | None = None
    time1: _Number | None = None
    time2: _Number | None = None
    m_pre: _Number | None = None
    m_post: _Number | None = None
    sd_pre: _Number | None = None
    sd_post: _Number | None = None
    mean_change: _Number | None = None
    sd_change: _Number | None = None
    mean: _Number | None = None
    sd: _Number | None = None
    events: _Number | None = None
    total: _Number | None = None
    time: _Number | None = None
    n: _Number | None = None
    r: _Number | None = None


class PoolRequest(_Body):
    """A meta-analysis to run."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "measure": "OR",
                    "test": "knha",
                    "studies": [
                        {"label": "A", "events1": 8, "total1": 12, "events2": 3, "total2": 12},
                        {"label": "B", "events1": 15, "total1": 30, "events2": 9, "total2": 31},
                    ],
                }
            ]
        }
    )
    studies: list[PoolStudy] = Field(min_length=1, max_length=500)
    measure: str | None = Field(
        default=None, max_length=10, pattern=r"^[A-Z0-9]+$",
        description="MD, SMD, ROM, OR, RR, RD, MC, SMCC, PLO, ZCOR …; none when y is given",
    )  # fmt: skip
    method: Literal["FE", "EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM"] = "REML"  # fmt: skip
    test: Literal["z", "t", "knha", "adhoc"] = "z"
    level: float = Field(default=0.95, ge=0.5, le=0.999)
    bayes: bool = Field(default=True, description="also the Bayesian analysis")
    tau_prior: str = Field(
        default="half-normal(0.5)", max_length=60,
        description="half-normal(s), half-cauchy(s), half-t(df, s), log-normal(mu, sigma), uniform(0, b)",
    )  # fmt: skip
    mean_prior: tuple[_Number, Annotated[float, Field(gt=0, le=1e6)]] | None = Field(
        default=None, description="mean and standard deviation of a normal prior; none is flat"
    )

    @model_validator(mode="after")
    def _some_number(self) -> PoolRequest:
        for n, study in enumerate(self.studies):
            if not study.model_dump(exclude={"label"}, exclude_none=True):
                raise ValueError(f"studies.{n} holds no number")
        return self


def _json_body(request: Request) -> None:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, "send application/json")


@router.post(
    "/pool",
    summary="Pool studies",
    response_model=PoolReply,
    dependencies=[Depends(_json_body), Depends(limited("pool"))],
    responses=problems(400, 403, 413, 415, 422, 429),
)
def pool(request: Request, body: PoolRequest) -> Response:
    """Run a meta-analysis of the caller's own numbers: random effects, and Bayes beside it.

    The result has the names of ``aponia pool --json``; vectors are in the order of `names`, I² is in
    percent, null is "can not be computed". The numbers are not stored. Pooled numbers carry no
    certainty: how far they can be trusted is a judgement about the studies.
    """
    rows = [s.model_dump(exclude={"label"}) for s in body.studies]
    used = [name for name in rows[0] if any(r[name] is not None for r in rows)]
    result = reading.pool_studies(
        reading.PoolInputs(
            columns={name: [r[name] for r in rows] for name in used},
            labels=[s.label or f"study {n}" for n, s in enumerate(body.studies, 1)],
            measure=body.measure, method=body.method, test=body.test, level=body.level,
            tau_prior=body.tau_prior if body.bayes else None, mean_prior=body.mean_prior,
        )
    )  # fmt: skip
    return JSONResponse(result)
