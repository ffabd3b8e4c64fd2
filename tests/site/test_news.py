"""What's new: nothing made up, the banner when it is due, feeds readers can follow."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from lxml import etree, html

from aponia import __version__, answers, evidence
from aponia.answers import past_snapshots, snapshot, write_snapshot
from aponia.answers.guard import check_page
from aponia.site import BuildError, build_site
from aponia.site.build import checked_base_url
from aponia.site.feeds import feed_files
from aponia.site.render import render
from aponia.site.views.common import World
from aponia.site.views.news import news_data, news_page, overdue_questions, versions_of
from aponia.site.views.question import question_page

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = {"version": "0", "built": "2026-11-22", "data_changed": "", "repository": "", "corrections_href": "", "licence_href": "", "funding": ""}  # fmt: skip


@pytest.fixture(scope="module")
def world():
    base = evidence.load()
    return World(base, answers.answer_all(base), "2026-11-22", __version__)


@pytest.fixture(scope="module")
def flipped(world):
    """The present base after a version in which one answer and one trial were otherwise."""
    now = snapshot(world.base, world.answers)
    key = "psilocybin-cluster-headache"
    other = now.answers[key].model_copy(
        update={"certainty": "moderate", "direction": "benefit", "plain": "Psilocybin probably reduces attacks."}
    )  # fmt: skip
    trial, record = next((k, t) for k, t in now.records["trials"].items() if t.get("status_seen"))
    past = now.model_copy(
        update={
            "version": "0.0.9",
            "released": "2025-05-01",
            "made_with": "0.0.1",
            "answers": {**now.answers, key: other},
            "records": {
                **now.records,
                "trials": {
                    **now.records["trials"],
                    trial: {**record, "status": "Recruiting", "status_seen": "2001-01"},
                },
                "studies": dict(list(now.records["studies"].items())[1:]),
            },
        }
    )
    base = replace(world.base, releases={"0.0.9": write_snapshot(past)})
    return replace(world, base=base, answers=answers.answer_all(base)), key, trial


def text_of(source):
    return " ".join(html.document_fromstring(source).text_content().split())


def test_the_page_says_what_the_comparison_says_and_no_more(built, world):
    out, _ = built
    page = text_of((out / "whats-new/index.html").read_text(encoding="utf-8"))
    data = json.loads((out / "whats-new/index.json").read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(news_data(world, versions_of(world))))
    for version in data["versions"]:
        assert version["summary"] in page
        for answer in version["answers"]:
            assert answer["words"] in page
    if not any(a["turn"] == "flipped" for v in data["versions"] for a in v["answers"]):
        assert "No answer flipped." in page
        assert "Answers that flipped" not in page
    assert data["overdue"] == []
    assert "No answer is overdue" in page


def test_a_flipped_answer_leads_and_both_sentences_are_held_to_their_own_certainty(flipped):
    changed, key, trial = flipped
    page = news_page(changed, versions_of(changed))
    source = render(page, SITE)
    assert check_page(page.path, source, patient=True) == []
    text = text_of(source)
    assert "One answer flipped." in text
    assert "certainty from “moderate” to “very low”" in text
    assert "direction from “in favour” to “unclear”" in text
    assert "Psilocybin probably reduces attacks." in text
    assert changed.answers[key].sentences.plain in text
    assert text.index("Answers that flipped") < text.index("1 added.")
    assert f"{trial}: looked at again on a later day" in text
    assert "older version of the software" in text
    # the same sentence under today's certainty would be refused
    stronger = source.replace('data-certainty="moderate"', 'data-certainty="very low"')
    assert [f.kind for f in check_page(page.path, stronger, patient=True)] != []
    assert changed.answers[key].dates["conclusion_changed"] == changed.released
    other = next(a for k, a in changed.answers.items() if k != key)
    assert other.dates["conclusion_changed"] == "2025-05-01"


def test_a_base_without_past_versions_still_has_a_page(world):
    bare = replace(world, base=replace(world.base, releases={}))
    assert versions_of(bare) == ()
    text = text_of(render(news_page(bare, ()), SITE))
    assert "No past version is kept" in text


def test_the_banner_stands_when_updates_are_overdue(world):
    late = replace(world, today="2028-01-01")
    due = overdue_questions(late)
    assert len(due) == sum(
        a.dates["next_due"] is not None and a.dates["next_due"] < "2028-01-01"
        for a in world.answers.values()
    )
    assert due
    assert [q["due"] for q in due] == sorted(q["due"] for q in due)
    text = text_of(render(news_page(late, versions_of(late)), SITE))
    assert f"{len(due)} of {len(world.answers)} answers are overdue" in text
    page = text_of(render(question_page(late, late.answers[due[0]["id"]]), SITE))
    assert "This answer is overdue." in page
    now = text_of(render(question_page(world, world.answers[due[0]["id"]]), SITE))
    assert "overdue" not in now


def entries(data):
    feed = etree.fromstring(data)
    return feed, feed.findall(f"{ATOM}entry")


def test_feeds_are_valid_and_their_ids_stay(flipped):
    changed, key, _ = flipped
    here = dict(feed_files(changed, versions_of(changed)))
    there = replace(changed, base_url="https://example.org/pain/", today="2030-01-01")
    placed = dict(feed_files(there, versions_of(there)))
    assert set(here) == {"feed.xml", *(f"questions/{q}.xml" for q in changed.answers)}
    for path, data in here.items():
        feed, found = entries(data)
        for part in (feed, *found):
            # RFC 4287: exactly one id, title and updated; a feed or its entries have an author
            for name in ("id", "title", "updated"):
                assert len(part.findall(f"{ATOM}{name}")) == 1, (path, name)
            assert part.find(f"{ATOM}updated").text.endswith("+00:00")
            assert part.find(f"{ATOM}id").text.startswith("urn:uuid:")
        assert feed.find(f"{ATOM}author/{ATOM}name").text
        for entry in found:
            assert entry.find(f"{ATOM}content").text
        ids = [e.find(f"{ATOM}id").text for e in found]
        assert len(set(ids)) == len(ids)
        # without an address there is no link that could only be relative
        assert feed.findall(f".//{ATOM}link") == []
        other, moved = entries(placed[path])
        assert [e.find(f"{ATOM}id").text for e in moved] == ids
        links = other.findall(f".//{ATOM}link")
        assert links
        assert all(x.get("href").startswith("https://example.org/pain/") for x in links)
    _, whole = entries(here["feed.xml"])
    titles = [e.find(f"{ATOM}title").text for e in whole]
    assert any(t.startswith("Version ") for t in titles)
    assert f"The answer turned: {changed.answers[key].ask}" in titles
    _, own = entries(here[f"questions/{key}.xml"])
    assert "It said: Psilocybin probably reduces attacks." in own[0].find(f"{ATOM}content").text


def test_feeds_and_canonical_addresses_are_announced(built):
    out, _ = built
    for path in out.rglob("*.html"):
        head = html.document_fromstring(path.read_bytes()).head
        feeds = head.xpath("link[@type='application/atom+xml']/@href")
        assert feeds, path
        for href in feeds:
            assert (path.parent / href).resolve().is_file(), (path, href)
        assert head.xpath("link[@rel='canonical']") == []


def test_a_base_url_is_named_in_pages_feeds_and_citations(tmp_path):
    out = tmp_path / "site"
    build_site(out, today="2026-11-22", base_url="https://example.org/pain")
    page = html.document_fromstring((out / "questions/lsd-migraine.html").read_bytes()) if (
        out / "questions/lsd-migraine.html"
    ).exists() else html.document_fromstring((out / "questions/psilocybin-migraine.html").read_bytes())  # fmt: skip
    (canonical,) = page.xpath("//link[@rel='canonical']/@href")
    assert canonical.startswith("https://example.org/pain/questions/")
    start = html.document_fromstring((out / "index.html").read_bytes())
    assert start.xpath("//link[@rel='canonical']/@href") == ["https://example.org/pain/"]
    assert "https://example.org/pain/questions/" in page.text_content()
    assert b'href="https://example.org/pain/feed.xml"' in (out / "feed.xml").read_bytes()


@pytest.mark.parametrize("wrong", ["example.org", "ftp://example.org", "https://", "https://x/?q", "http://[", "javascript:1"])  # fmt: skip
def test_a_base_url_that_is_none_is_refused(wrong):
    with pytest.raises(BuildError, match="expected an address"):
        checked_base_url(wrong)


def test_kept_versions_are_older_than_the_base(world):
    kept = [tuple(map(int, s.version.split("."))) for s in past_snapshots(world.base)]
    assert kept == sorted(kept)
    assert all(v < tuple(map(int, world.data_version.split("."))) for v in kept)
