"""The tools and resources an assistant may use."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from aponia import __version__
from aponia.evidence import TABLES
from aponia.site import reading
from aponia.site.app.world import load_world
from aponia.site.assistants.replies import UNGRADED, as_given, framed, short_answer, sources_of
from aponia.site.views.common import World

__all__ = ["make_server"]

_INSTRUCTIONS = (
    "What research on psychedelics in pain shows, how sure it is, and where each number comes from. "
    "Information about research, not medical advice. "
    "When you retell an answer: keep its certainty (a sentence of low certainty must not become a firm one), "
    "name its sources, say what is known of harms beside benefits, and pass the notice on. "
    "No tool gives a dose: what a study gave is named as such and is no recommendation. "
    "Do not tell anybody to start, stop or change a medicine."
)
_HINTS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
#: Published bands and equivalents of doses say what to take without a study that gave it.
_NOT_HERE = frozenset({"dose_bands", "dose_equivalence"})
_FACTS = tuple(t for t in TABLES if t not in _NOT_HERE)
_Maybe = Annotated[str | None, Field(max_length=100)]
_Id = Annotated[str, Field(min_length=1, max_length=200)]
_Many = Annotated[int, Field(ge=1, le=100)]
_Tool = TypeVar("_Tool", bound=Callable[..., Any])


def make_server(evidence: Path | None = None) -> MCPServer[Any]:
    """Return the server; it begins to read the evidence at once, beside the client's greeting.

    Parameters
    ----------
    evidence : Path, optional
        Another evidence base than the one that ships.

    Returns
    -------
    MCPServer
        Run it with ``.run("stdio")``.
    """
    server: MCPServer[Any] = MCPServer(
        "aponia", title="aponia: psychedelics in pain", version=__version__,
        instructions=_INSTRUCTIONS, log_level="WARNING",
    )  # fmt: skip

    def world() -> World:
        return load_world(evidence)

    # Clients wait for the first answer; the base is read while they shake hands.
    threading.Thread(target=world, daemon=True).start()
    _questions(server, world)
    _records(server, world)
    _facts(server, world)
    _checking(server, world)
    _resources(server, world)
    return server


def _tool(server: MCPServer[Any], title: str) -> Callable[[_Tool], _Tool]:
    """Register a tool whose errors on purpose are told to the assistant."""

    def register(function: _Tool) -> _Tool:
        @functools.wraps(function)
        def told(**arguments: Any) -> Any:
            try:
                return function(**arguments)
            except ValueError as error:
                raise ToolError(str(error)) from None

        server.add_tool(told, title=title, annotations=_HINTS)
        return function

    return register


def _questions(server: MCPServer[Any], world: Callable[[], World]) -> None:
    @_tool(server, "Ask in words")
    def ask(question: Annotated[str, Field(min_length=2, max_length=300)]) -> dict[str, Any]:
        """Find the question of the evidence base that words ask, and return its answer with certainty and sources."""
        found = reading.ask(world(), question)
        return {
            "asked": question,
            "refused": found["refused"],
            **short_answer(found["answer"]),
        }

    @_tool(server, "List the questions")
    def list_questions(
        condition: _Maybe = None, substance: _Maybe = None, approach: _Maybe = None
    ) -> dict[str, Any]:
        """List the questions that have an answer, each with its certainty; filter by pain condition, substance or approach."""
        found = reading.answer_list(
            world(), condition=condition, substance=substance, approach=approach
        )
        return framed(
            world(), "with each answer", [], total=len(found), questions=found,
            note="get_answer gives the sources of each.",
        )  # fmt: skip

    @_tool(server, "One answer")
    def get_answer(
        id: _Id, rows: Annotated[bool, Field(description="also every single result")] = False
    ) -> dict[str, Any]:
        """Return one answer: what may be said, certainty and why, what each kind of study says, harms, trials, sources."""
        return short_answer(reading.answer_doc(world(), id), rows=rows)


def _records(server: MCPServer[Any], world: Callable[[], World]) -> None:
    @_tool(server, "Search studies")
    def search_studies(
        query: Annotated[str | None, Field(max_length=200)] = None,
        condition: _Maybe = None,
        substance: _Maybe = None,
        layer: Literal["randomised", "uncontrolled", "cases", "surveys", "volunteers", "animals"]
        | None = None,
        since: Annotated[int | None, Field(ge=1900, le=2100)] = None,
        limit: _Many = 25,
    ) -> dict[str, Any]:
        """Search studies by words of the title or author, condition, substance, kind of study, or first year."""
        found = reading.study_list(
            world(), q=query, condition=condition, substance=substance, layer=layer, since=since
        )
        shown = found[:limit]
        return framed(world(), UNGRADED, [s["url"] for s in shown], total=len(found), studies=shown)

    @_tool(server, "One study")
    def get_study(id: _Id) -> dict[str, Any]:
        """Return one study: who, what it gave, results as printed, blinding, harms, limits, sources, disagreements."""
        doc = reading.study_doc(world(), id)
        record = as_given(doc["record"])
        sources = record.pop("sources")
        return framed(
            world(), {"answers": doc["answers"], "note": UNGRADED}, sources, doses=doc["doses"],
            layer=doc["layer"], url=doc["url"], trials=doc["trials"], read=record["read"], study=record,
        )  # fmt: skip

    @_tool(server, "Search registered trials")
    def search_trials(
        query: Annotated[str | None, Field(max_length=200)] = None,
        condition: _Maybe = None,
        substance: _Maybe = None,
        running: bool | None = None,
        limit: _Many = 25,
    ) -> dict[str, Any]:
        """Search registered trials; the status is as of the day in status_seen."""
        found = reading.trial_list(
            world(), q=query, condition=condition, substance=substance, running=running
        )
        shown = found[:limit]
        return framed(
            world(), "Registered plans, not results.", [t["url"] for t in shown], total=len(found),
            trials=shown,
        )  # fmt: skip

    @_tool(server, "One registered trial")
    def get_trial(id: _Id) -> dict[str, Any]:
        """Return one registered trial: status with its date, what is given, planned outcomes, studies that report it."""
        doc = reading.trial_doc(world(), id)
        record = as_given(doc["record"])
        sources = record.pop("sources")
        return framed(
            world(), {"answers": doc["answers"], "note": "A registered plan, not a result."}, sources,
            doses=doc["doses"], url=doc["url"], running=doc["running"], trial=record,
        )  # fmt: skip

    @_tool(server, "Where a number comes from")
    def trace(
        record: Annotated[str, Field(max_length=200, description="id of a study, trial or row")],
        field: Annotated[
            str,
            Field(max_length=200, description="path such as outcomes[0].results[0].change_mean"),
        ],
    ) -> dict[str, Any]:
        """Return the pages a value was read on, how much of the paper was read, and who disagrees."""
        doc = reading.trace_doc(world(), record, field)
        sources = doc.pop("sources")
        doc = as_given({k: v for k, v in doc.items() if k not in ("notice", "evidence")})
        note = reading.DOSE_NOTE if "dose" in field else None
        return framed(world(), UNGRADED, sources, doses=note, **doc)


def _facts(server: MCPServer[Any], world: Callable[[], World]) -> None:
    def rows(
        table: str, substance: str | None, query: str | None
    ) -> tuple[list[dict[str, Any]], list[str]]:
        found = reading.fact_list(
            world(), table, substance=substance if _about_drugs(table) else None, q=query
        )
        return as_given(found), sources_of(found)

    @_tool(server, "Search facts")
    def search_facts(
        query: Annotated[str, Field(min_length=2, max_length=200, description="words that must all stand in a row")],
        table: Annotated[Literal[_FACTS] | None, Field(description="one table only")] = None,  # type: ignore[valid-type]
        substance: _Maybe = None,
        limit: _Many = 25,
    ) -> dict[str, Any]:  # fmt: skip
        """Search the tables: adverse events, who trials leave out, interactions, law, pharmacology, scales and the rest."""
        found: list[dict[str, Any]] = []
        for name in (table,) if table else _FACTS:
            if substance is not None and not _about_drugs(name):
                continue
            found += [{"table": name, **row} for row in rows(name, substance, query)[0]]
        shown = found[:limit]
        return framed(
            world(), UNGRADED, sources_of(shown), doses=reading.DOSE_NOTE,
            refused=reading.refusal(query), total=len(found), facts=shown,
        )  # fmt: skip

    @_tool(server, "Interactions with other medicines")
    def interactions(
        substance: Annotated[str, Field(max_length=100)],
        medicine: Annotated[
            str | None, Field(max_length=100, description="words of its name or class")
        ] = None,
    ) -> dict[str, Any]:
        """Return what happened, or is feared, when another medicine was taken too, and whom trials leave out."""
        found, others = reading.interaction_rows(world(), substance, medicine)
        left_out, more = rows("contraindications", substance, None)
        short = ("id", "drug", "class", "severity", "direction", "effect", "source_url")
        return framed(
            world(), UNGRADED, dict.fromkeys([*sources_of(found), *more]), substance=substance,
            interactions=as_given(found), others=[{k: r[k] for k in short} for r in others],
            trials_leave_out=left_out,
            note="Nothing listed does not mean nothing can happen: most pairs were never studied.",
        )  # fmt: skip

    @_tool(server, "Law by place, dated")
    def legal_status(
        substance: _Maybe = None,
        place: Annotated[str | None, Field(max_length=100, description="country or state")] = None,
    ) -> dict[str, Any]:
        """Return the law as it was on the day in as_of; it differs by country and changes."""
        found, _ = rows("legal_status", substance, None)
        wanted = (place or "").casefold().split()
        found = [r for r in found if all(w in r["jurisdiction"].casefold() for w in wanted)]
        return framed(
            world(), "with each row: confidence and the date it was read (as_of)", sources_of(found),
            total=len(found), law=found, note="Not legal advice. No row does not mean that it is legal.",
        )  # fmt: skip


def _about_drugs(table: str) -> bool:
    return any(c.startswith("substance") for c in TABLES[table][1].columns())


def _checking(server: MCPServer[Any], world: Callable[[], World]) -> None:
    @_tool(server, "Check claims")
    def check_claims(
        claims: Annotated[
            list[Annotated[str, Field(min_length=1, max_length=2000)]] | None,
            Field(max_length=50, description="single claims"),
        ] = None,
        text: Annotated[
            str | None, Field(max_length=1_000_000, description="or a whole article")
        ] = None,
    ) -> dict[str, Any]:
        """Hold claims, or an article, against the evidence: a verdict, the issues and the records for each. It abstains when in doubt."""
        if (claims is None) == (text is None):
            raise ToolError("give either claims or text")
        if text is not None:
            result = reading.check_article(world(), text)
        else:
            result = reading.check_claims(world(), claims or [])
        used = {e["id"]: e["url"] for c in result["claims"] for e in c["evidence"]}
        rest = {k: v for k, v in result.items() if k not in ("notice", "evidence")}
        return framed(
            world(), "with each claim", [{"id": i, "url": u} for i, u in used.items()], **rest
        )


def _resources(server: MCPServer[Any], world: Callable[[], World]) -> None:
    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    @server.resource(
        "aponia://about", title="About the evidence", mime_type="application/json",
        description="Notice, warnings, licence, how to cite, what is in the base.",
    )  # fmt: skip
    def about() -> str:
        return text(
            framed(world(), UNGRADED, [], warnings=reading.WARNINGS, doses=reading.DOSE_NOTE,
                   citation=reading.citation(world()), counts=world().base.counts())
        )  # fmt: skip

    @server.resource(
        "aponia://questions", title="Living questions", mime_type="application/json",
        description="Every question with its answer in a sentence and its certainty.",
    )  # fmt: skip
    def questions() -> str:
        found = reading.answer_list(world())
        return text(framed(world(), "with each answer", [], questions=found))

    @server.resource(
        "aponia://answers/{id}", title="One answer", mime_type="application/json",
        description="What may be said, how sure it is, and the sources.",
    )  # fmt: skip
    def one(id: str) -> str:
        try:
            return text(short_answer(reading.answer_doc(world(), id)))
        except reading.NotFoundError as error:
            raise ResourceNotFoundError(str(error)) from None
