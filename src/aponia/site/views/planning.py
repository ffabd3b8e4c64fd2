"""The next trial: whether anything is on its way, and what a trial would have to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aponia.planning.gaps import ITEMS
from aponia.planning.outlook import ASSUMED
from aponia.planning.words import DESIGN_NAMES
from aponia.site.charts.figure import Cell, Link, Row, Table
from aponia.site.charts.plan_bars import percent
from aponia.site.planned import planned
from aponia.site.render import Page
from aponia.site.views.common import World, certainty_key
from aponia.site.views.planning_figures import (
    certainty_picture,
    clean,
    interval_picture,
    size_picture,
    unblinding_picture,
)
from aponia.site.views.question import group_of

__all__ = ["ASSUMPTION_HEADERS", "after_words", "assumption_rows", "chances", "planning_pages"]

ASSUMPTION_HEADERS = ("Number", "Value", "Range to try", "Origin", "Why, or where from", "Source")


def planning_pages(world: World) -> Iterator[Page]:
    """Yield the page of all questions and that of each question that can be planned.

    Parameters
    ----------
    world : World

    Yields
    ------
    Page
    """
    found = planned(world)
    yield _index(world, found)
    for name, made in found.items():
        if made["plan"]:
            yield _page(world, name, made)


def chances(made: dict[str, Any], level: str, reports: float) -> str:
    """Return the range of chances of a level as words: "0% to 12%", or "–" without trials.

    Parameters
    ----------
    made : dict
        Of `planned`.
    level : str
    reports : float
        1.0 or 0.5.
    """
    found = [
        s["forecast"]["at_least"][level]["value"] if s["forecast"] else 0.0
        for s in made["outlook"]["scenarios"]
        if s["reports"] == reports
    ]
    if not found:
        return "–"
    low, high = percent(min(found)), percent(max(found))
    return low if low == high else f"{low} to {high}"


def _people(made: dict[str, Any], design: str) -> str:
    n = made["people_by_design"].get(design)
    return str(n) if n else "not reached"


def _index(world: World, found: dict[str, Any]) -> Page:
    groups: dict[str, list[Row]] = {}
    on_way = moderate = 0
    without = []
    for name, made in found.items():
        answer, outlook = world.answers[name], made["outlook"]
        trials = outlook["trials"]
        adding = {t for s in outlook["scenarios"] for t in s["trials"]}
        on_way += bool(adding)
        moderate += any(
            s["forecast"] and s["forecast"]["at_least"]["moderate"]["value"] >= 0.5
            for s in outlook["scenarios"]
        )
        if made["plan"] is None:
            link = Link(answer.short, f"../questions/{name}.html")
            told = "nothing" if not trials else f"{len(trials)} waiting to report"
            without.append(Row((link, told, clean(made["why_no_plan"]))))
            continue
        told = (
            "nothing" if not trials
            else f"{len(adding)} of {len(trials)} can add" if adding else f"{len(trials)}, none can add"
        )  # fmt: skip
        groups.setdefault(group_of(world, answer), []).append(
            Row((Link(answer.short, f"{name}.html"), answer.certainty.level, told,
                 chances(made, "low", 1.0), chances(made, "moderate", 1.0), chances(made, "moderate", 0.5),
                 _people(made, "parallel"), _people(made, "crossover")))
        )  # fmt: skip
    rows = [
        r
        for title, some in groups.items()
        for r in (Row((title[:1].upper() + title[1:],), "group"), *some)
    ]
    table = Table(
        "What is on its way, and how many people a trial needs",
        ("Question", "Now", "Registered", "Low, all", "Moderate, all", "Moderate, half", "Parallel", "Crossover"),
        rows,
        note="Registered: trials that have not reported, and how many can add to a randomised result. Low, moderate: chance of at least that certainty if all, or half, of them report; as a range, every open point taken against the trials and in their favour. Parallel, crossover: people in all for 80% power at the effect named on the page.",
        numeric=(3, 4, 5, 6, 7),
    )  # fmt: skip
    others = Table(
        "Questions without a plan of their own",
        ("Question", "Registered, not reported", "Why"),
        without,
    )
    n = len(found)
    return Page(
        "next-trial/index.html", "next_trials.html", "The next trial",
        "For every question: whether registered trials would settle it, and how many people a next trial would need, from what is known and stated assumptions.",
        "next-trial",
        {
            "lede": f"Of {n} questions, {on_way} have a registered trial that could add to a randomised result. In {moderate or 'none'} is the chance of moderate certainty one half or more, even with every open point taken in the trials’ favour.",
            "table": table,
            "others": others,
            "outlooks": [
                {"question": name, "words": made["outlook"]["words"], "people_by_design": made["people_by_design"]}
                for name, made in found.items()
            ],
            "assumed": ASSUMED,
            "count": sum(1 for made in found.values() if made["plan"]),
        },
    )  # fmt: skip


def _page(world: World, name: str, made: dict[str, Any]) -> Page:
    answer, plan = world.answers[name], made["plan"]
    pictures = {
        "size": size_picture(made), "interval": interval_picture(made),
        "certainty": certainty_picture(made), "unblinding": unblinding_picture(made),
    }  # fmt: skip
    held = made["after_a_trial"][0]["held"]
    return Page(
        f"next-trial/{name}.html", "next_trial.html", f"The next trial: {answer.short}",
        f"What a next trial would take: {answer.ask} People needed, what it would do to certainty, what unblinding costs, and what it rests on.",
        "next-trial",
        {
            "answer": answer,
            "now": certainty_key(answer.certainty.level),
            "outlook": [clean(w) for w in made["outlook"]["words"]],
            "trials": _trials(made),
            "sentences": [clean(s) for s in plan["sentences"]],
            "pictures": pictures,
            "designs": _designs(made),
            "after": after_words(made),
            "held": [
                {"domain": h["domain"], "share": percent(h["share"]), "reason": clean(h["reason"])}
                for h in held
            ],
            "belief": clean(plan["belief"]["words"]),
            "believed": clean(
                f"Middle {plan['told']['middle']}; 95% of next trials’ true effects from {plan['told']['low']} to {plan['told']['high']}; "
                f"{percent(plan['belief']['p_benefit'])} on the side of benefit."
            ),
            "assumptions": _assumptions(made),
            "warnings": [clean(w) for w in plan["warnings"]],
            "gap_words": made["gaps"]["words"],
            "gaps": _gaps(world, made),
            "protocol": _protocol(made),
            "assumed": ASSUMED,
            "command": f"aponia plan {name}",
            "pdf": f"{name}.pdf",
            "json": f"{name}.json",
        },
    )  # fmt: skip


def after_words(made: dict[str, Any]) -> str:
    """Return what to mind when reading the certainty after a trial.

    Parameters
    ----------
    made : dict
        Of `planned`, with a plan.
    """
    words = "Certainty says how far an answer can be trusted, not which way it points."
    if made["plan"]["belief"]["data"]:
        words += (
            " The new trial is pooled with what there is. With so few trials nobody can tell how far trials differ, "
            "so the pooled interval stays wide however large the new trial is."
        )
    return (
        words
        + " The rules do not ask for a second trial before they call an answer moderate or high; a reviewer may."
    )


def _trials(made: dict[str, Any]) -> Table | None:
    rows = []
    for t in made["outlook"]["trials"]:
        why = t["why_not"] or "Can add to the randomised result"
        rows.append(
            Row((Link(t["id"], f"../trials/{t['id']}.html"), t["status"] or "not known",
                 str(t["people"]) if t["people"] else None, t["phase"], why,
                 "; ".join(t["open_points"]) or "–"))
        )  # fmt: skip
    if not rows:
        return None
    return Table(
        "Registered trials that have not reported",
        ("Trial", "Status", "People", "Phase", "What it can add", "Left open by the registry"),
        rows, numeric=(2,),
    )  # fmt: skip


def _designs(made: dict[str, Any]) -> Table:
    notes = {
        "parallel": "Each person gets one treatment.",
        "crossover": "Each person gets both. What one period leaves behind, and what people feel, enters the next.",
        "n-of-1": "Each person gets several pairs of periods. Same limits as a crossover.",
    }
    target = made["plan"]["target"]
    rows = [
        Row((DESIGN_NAMES[d].capitalize().replace("n-of-1", "N-of-1"), str(n) if n else "not reached", notes[d]))
        for d, n in made["people_by_design"].items()
    ]  # fmt: skip
    return Table(
        f"People for {100 * target:.0f}% power, by design", ("Design", "People in all", "Mind"), rows,
        note=f"Effect to detect: {clean(made['plan']['told']['target'])}. Within-person designs in cluster headache are planned in the chronic form."
        if made["plan"]["condition"] == "cluster-headache"
        else f"Effect to detect: {clean(made['plan']['told']['target'])}.",
        numeric=(1,),
    )  # fmt: skip


def assumption_rows(made: dict[str, Any]) -> list[tuple[str, str, str, str, str, str | None, str]]:
    """Return the numbers a plan rests on: what, value, range, origin, why, address, rows.

    Parameters
    ----------
    made : dict
        Of `planned`, with a plan.
    """
    found = []
    for a in made["plan"]["assumptions"]:
        ends = [f"{v:.4g}" if v is not None else "…" for v in (a["low"], a["high"])]
        unit = a["unit"][:-1] if a["value"] == 1 and a["unit"] == "weeks" else a["unit"]
        around = f"{ends[0]} to {ends[1]}" if (a["low"], a["high"]) != (None, None) else "–"
        why = clean(a["why"] + (f" {a['conflict']}" if a["conflict"] else ""))
        found.append(
            (a["what"], clean(f"{a['value']:.4g} {unit}".strip()), clean(around), a["origin"], why, a["url"], ", ".join(a["rows"]))
        )  # fmt: skip
    return found


def _assumptions(made: dict[str, Any]) -> Table:
    rows = []
    for what, value, around, origin, why, url, names in assumption_rows(made):
        source: Cell = Link("source", url) if url else ("rows of the base" if names else "none")
        rows.append(Row((what.capitalize(), value, around, origin, why, source)))
    return Table(
        "Every number this plan rests on", ASSUMPTION_HEADERS, rows,
        note="read: a row of the base as it stands; derived: worked out from rows; assumed: the base holds no value.",
    )  # fmt: skip


def _gaps(world: World, made: dict[str, Any]) -> Table | None:
    rows = []
    for kind, some in (("studies", made["gaps"]["studies"]), ("trials", made["gaps"]["trials"])):
        if some:
            rows.append(
                Row(("Studies" if kind == "studies" else "Registered, not reported",), "group")
            )
        for r in some:
            label = Link(r["label"] if kind == "studies" else r["id"], f"../{kind}/{r['id']}.html")
            rows.append(Row((label, r["read"], *(r["marks"][item.key] for item in ITEMS))))
    if not rows:
        return None
    return Table(
        "What was measured, study by study",
        ("Record", "Read", *(item.label for item in ITEMS)), rows,
        note="“not read” says that nothing either way was read. It is no “no”.",
    )  # fmt: skip


def _protocol(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "number": item["number"], "heading": item["heading"], "text": clean(item["suggestion"]),
            "sources": [{"text": s["text"], "href": s["url"]} for s in item["sources"]],
        }
        for item in made["protocol"]
    ]  # fmt: skip
