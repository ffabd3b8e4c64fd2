"""What the pages show, as plain values: templates and the JSON twins both read these."""

from __future__ import annotations

from typing import Any

from aponia.literature.dedupe import Publication
from aponia.literature.record import Record
from aponia.literature.store import STAGES, TEAM, Board, Decision, Review, agreement, joining
from aponia.site.app.screening.desk import Desk, todo_of, upcoming
from aponia.site.app.screening.marking import readable

__all__ = [
    "STAGE_NAMES", "VERDICT_NAMES", "choose", "conflicts", "duplicates", "found", "overview", "random_checks", "record_view",
    "shown_state", "team", "trail",
]  # fmt: skip

STAGE_NAMES = {"title-abstract": "title and abstract", "full-text": "full text"}
VERDICT_NAMES = {"include": "include", "exclude": "exclude", "unsure": "maybe", "not-retrieved": "not retrieved", "withdrawn": "taken back"}  # fmt: skip
STATE_NAMES = {
    "open": "nobody has decided yet", "waiting": "waiting for another reviewer", "conflict": "reviewers disagree",
    "included": "included", "excluded": "excluded", "removed": "taken out before screening",
    "not-retrieved": "not retrieved",
}  # fmt: skip
#: Entries of the trail that tell what one person thinks of one record.
_BLIND = {"decision", "decision withdrawn", "conflict resolved", "resolution withdrawn", "note"}


def shown_state(board: Board, number: int, stage: str, viewer: str) -> str:
    """Return a state in words, the own decision among them, no other's before its time."""
    state = board.state(stage).get(number)
    if state is None:
        return "not at this stage"
    own = board.own(number, stage, viewer)
    said = STATE_NAMES[state]
    return f"{said}; you said {VERDICT_NAMES[own.verdict]}" if own else said


def _decision(d: Decision) -> dict[str, Any]:
    return d.to_dict() | {"said": VERDICT_NAMES.get(d.verdict, d.verdict), "when": d.at}


def record_view(desk: Desk, review: Review, board: Board, number: int, viewer: str, stage: str) -> dict[str, Any]:  # fmt: skip
    """Return one publication: its record, its copies, and what the viewer may know of decisions."""
    publication = desk.publications(review)[number]
    best = publication.best
    visible = {s: [_decision(d) for d in board.visible(number, s, viewer)] for s in STAGES}
    notes = [
        {"who": n["who"], "stage": n["stage"], "text": n["text"], "when": n["at"]}
        for n in review.notes(number)
        if n["who"] == viewer or board.settled(number, n["stage"])
    ]
    return {
        "publication": number,
        "record": plain(best),
        "copies": [plain(r) for r in publication.records] if len(publication.records) > 1 else [],
        "links": _links(best),
        "decisions": visible,
        "notes": notes,
        "states": {s: shown_state(board, number, s, viewer) for s in STAGES if number in board.state(s)},
        "settled": board.settled(number, stage),
        "own": next((_decision(d) for d in [board.own(number, stage, viewer)] if d), None),
        "stages": [s for s in STAGES if number in board.state(s)],
    }  # fmt: skip


def plain(record: Record) -> dict[str, Any]:
    """Return a record without its raw tags."""
    return {k: v for k, v in record.to_dict().items() if k != "raw"}


def _links(record: Record) -> list[dict[str, str]]:
    """Return where to read on; addresses are made from identifiers, never taken from a file."""
    out = []
    if record.doi:
        out.append({"label": f"DOI {record.doi}", "href": f"https://doi.org/{record.doi}"})
    if record.pmid.isdigit():
        out.append(
            {
                "label": f"PubMed {record.pmid}",
                "href": f"https://pubmed.ncbi.nlm.nih.gov/{record.pmid}/",
            }
        )
    if record.nct.upper().startswith("NCT") and record.nct[3:].isdigit():
        out.append({"label": record.nct, "href": f"https://clinicaltrials.gov/study/{record.nct}"})
    return out


def choose(
    desk: Desk, review: Review, board: Board, stage: str, viewer: str, number: int | None
) -> dict[str, Any]:
    """Return what the screening page shows: the record asked for, or the next one.

    Raises
    ------
    KeyError
        The publication asked for is not at this stage.
    """
    queue = desk.queue(review, stage, viewer, board)
    waiting = upcoming(queue, board, stage, viewer)
    if number is not None and number not in board.state(stage):
        raise KeyError(number)
    serving = desk.serving(review, stage, board, viewer)
    drawn = [n for _, left in serving for n in left]
    ahead = drawn or waiting
    chosen = number if number is not None else (ahead[0] if ahead else None)
    labels = {n: label for n, (label, _, _) in board.labels(stage, viewer).items()}
    out: dict[str, Any] = {
        "stage": stage,
        "stage_name": STAGE_NAMES[stage],
        "todo": len(waiting),
        "total": len(board.state(stage)),
        "mine": board.decided_by(viewer, stage),
        "learnt_from": {"relevant": queue.learnt_from[0], "not_relevant": queue.learnt_from[1]},
        "ranked": bool(queue.order),
        "not_learnt": queue.not_learnt(labels), "relevant_known": sum(labels.values()),
        "drawn": chosen in drawn,
        "serving": [
            {"whose": "team" if c.check.reviewer == TEAM else "own", "number": c.check.number, "size": c.size, "read": c.size - len(left)}
            for c, left in serving
        ],
        "item": None,
        "why": [],
        "why_terms": [],
        "rank": _rank(queue.order, set(waiting), chosen),
        "begun": chosen in waiting and board.state(stage)[chosen] == "waiting",
        "last": next((_decision(d) for d in [board.latest_of(viewer, stage)] if d), None),
        "stopping": desk.stopping(review, stage, board, viewer).to_dict(),
    }  # fmt: skip
    if out["last"]:
        publications = desk.publications(review)
        last = publications.get(out["last"]["publication"])
        out["last"]["title"] = last.best.title if last else ""
    if chosen is not None:
        out["item"] = record_view(desk, review, board, chosen, viewer, stage)
        best = desk.publications(review)[chosen].best
        text = f"{best.title}. {best.abstract}"
        why = [
            {"term": readable(term, text), "weight": weight}
            for term, weight in queue.reasons.get(chosen, ())
        ]
        out["why"] = why
        out["why_terms"] = [term for term, weight in queue.reasons.get(chosen, ()) if weight > 0]
    return out


def _rank(order: tuple[int, ...], todo: set[int], chosen: int | None) -> int | None:
    if chosen not in todo:
        return None
    return next((k for k, n in enumerate((n for n in order if n in todo), 1) if n == chosen), None)


def overview(desk: Desk, review: Review, viewer: str) -> dict[str, Any]:
    """Return how far each stage is."""
    board = review.board()
    if board.numbers:
        # The first order takes longest: it is begun before the screening page is opened.
        desk.begin(review, "title-abstract", viewer, board)
    stages = []
    for stage in STAGES:
        stages.append({
            "stage": stage, "name": STAGE_NAMES[stage], "counts": board.counts(stage),
            "todo": len(todo_of(board, stage, viewer)), "mine": board.decided_by(viewer, stage),
            "stopping": desk.stopping(review, stage, board, None).to_dict(),
        })  # fmt: skip
    return {
        "project": review.id, "name": review.name, "criteria": review.criteria,
        "reviewers_needed": review.reviewers_needed, "settings": review.settings.to_dict(), "stages": stages,
        "records": sum(len(p.records) for p in desk.publications(review).values()),
        "publications": len(board.numbers), "files": len(review.imports()),
    }  # fmt: skip


def random_checks(desk: Desk, review: Review, viewer: str, stage: str = "title-abstract") -> dict[str, Any]:  # fmt: skip
    """Return when to stop, for the team and by the viewer's own decisions, and what is left to read for checks."""
    board = review.board()
    return {
        "review": review.name, "stage": stage, "reviewer": viewer,
        "team": desk.stopping(review, stage, board, None).to_dict(),
        "own": desk.stopping(review, stage, board, viewer).to_dict(),
        "left_for_you": [n for _, left in desk.serving(review, stage, board, viewer) for n in left],
    }  # fmt: skip


def found(
    desk: Desk, review: Review, viewer: str, *, q: str = "", state: str = "", stage: str = "title-abstract"
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the publications in which every word (or "quoted phrase") occurs, at most in one state."""
    import re

    board = review.board()
    wanted = [(a or b).lower() for a, b in re.findall(r'"([^"]+)"|(\S+)', q[:300])]
    out = []
    for number, publication in desk.publications(review).items():
        at = board.state(stage).get(number)
        if at is None or (state and at != state):
            continue
        text = _text(publication)
        if all(word in text for word in wanted):
            best = publication.best
            out.append({
                "publication": number, "title": best.title, "authors": list(best.authors[:3]), "year": best.year,
                "journal": best.journal, "copies": len(publication.records), "state": at,
                "said": shown_state(board, number, stage, viewer),
            })  # fmt: skip
    return out


def _text(publication: Publication) -> str:
    best = publication.best
    return " ".join((
        best.title, best.abstract, *best.authors, best.journal, str(best.year or ""), best.doi, best.pmid,
        *best.registrations, *best.keywords, *best.mesh,
    )).lower()  # fmt: skip


def conflicts(desk: Desk, review: Review, stage: str) -> list[dict[str, Any]]:
    """Return what reviewers disagree on, with what each said."""
    board = review.board()
    publications = desk.publications(review)
    out = []
    for number, state in board.state(stage).items():
        if state == "conflict" and number in publications:
            best = publications[number].best
            notes = [{"who": n["who"], "text": n["text"]} for n in review.notes(number)]
            out.append({"publication": number, "record": plain(best), "links": _links(best), "notes": notes,
                        "decisions": [_decision(d) for d in board.standing(number, stage)]})  # fmt: skip
    return out


def resolved(desk: Desk, review: Review, stage: str) -> list[dict[str, Any]]:
    """Return the conflicts that were settled, newest first."""
    board = review.board()
    publications = desk.publications(review)
    made = [d for n in board.state(stage) for d in board.standing(n, stage) if d.resolves]
    return [
        _decision(d) | {"title": publications[d.publication].best.title}
        for d in sorted(made, key=lambda d: -d.id)
        if d.publication in publications
    ]


def team(review: Review, accounts: list[str]) -> dict[str, Any]:
    """Return who has decided how much, and how far they agree. No verdicts: few would tell much."""
    board = review.board()
    names = sorted({*board.reviewers(), *accounts})
    return {
        "people": [{"name": n, **{s: board.decided_by(n, s) for s in STAGES}} for n in names],
        "stages": [
            {"stage": s, "name": STAGE_NAMES[s], "counts": board.counts(s),
             "agreement": [a.to_dict() for a in agreement(board, s)]}
            for s in STAGES
        ],
    }  # fmt: skip


def duplicates(desk: Desk, review: Review) -> dict[str, Any]:
    """Return every merge with its reasons, and the pairs a person should look at."""
    publications = desk.publications(review)

    def brief(number: int) -> dict[str, Any]:
        best = publications[number].best
        return {"publication": number} | {k: v for k, v in plain(best).items() if k in {"title", "authors", "year", "journal", "volume", "pages", "doi", "source", "file"}}  # fmt: skip

    asked = [s for s in joining.suggestions(review) if s["a"] in publications and s["b"] in publications]  # fmt: skip
    return {
        "merged": [
            {"publication": g["publication"], "title": next(iter(g["records"].values())).title,
             "records": [{"key": key} | plain(r) for key, r in g["records"].items()],
             "merges": [m | {"at": m["at"].isoformat(), "when": m["at"]} for m in g["merges"]]}
            for g in joining.merged_publications(review)
        ],
        "suggestions": [s | {"first": brief(s["a"]), "second": brief(s["b"])} for s in asked],
    }  # fmt: skip


def trail(review: Review, viewer: str) -> list[dict[str, Any]]:
    """Return the audit trail, newest first; what a colleague said on an open record stays hidden."""
    board = review.board()
    out = []
    covered = False
    for entry in review.audit_trail():
        detail = dict(entry["detail"])
        hidden = _hidden(board, entry, viewer)
        if hidden:
            detail = {k: detail[k] for k in ("publication", "stage") if k in detail}
        # A checksum covers all entries before it: there are so few verdicts that each could be
        # tried until the sum fits. So none is shown from the first hidden entry on.
        covered = covered or hidden
        out.append({
            "id": entry["id"], "at": entry["at"], "who": entry["who"],
            # A note, a decision and its withdrawal look alike: which it was would tell something.
            "action": "decision or note" if hidden and entry["action"] in _BLIND else entry["action"],
            "detail": detail, "hidden": hidden, "chain": "" if covered else entry["chain"],
        })  # fmt: skip
    return out[::-1]


def _hidden(board: Board, entry: dict[str, Any], viewer: str) -> bool:
    """Whether an entry of the trail tells what a colleague said on an open record."""
    detail = entry["detail"]
    if entry["action"] in _BLIND:
        return entry["who"] != viewer and not board.settled(int(detail["publication"]), str(detail["stage"]))  # fmt: skip
    if entry["action"] != "random check begun" or detail["reviewer"] in (TEAM, viewer):
        return False
    # How many are drawn tells how many relevant ones the reviewer has found.
    stage = str(detail["stage"])
    return any(
        not board.settled(n, stage) and any(d.reviewer == detail["reviewer"] for d in board.history(n, stage))
        for n in board.state(stage)
    )  # fmt: skip
