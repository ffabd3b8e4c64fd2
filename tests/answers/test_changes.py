"""What changed between two versions: nothing invented, nothing missed, the same from both sides."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aponia import answers, evidence
from aponia.answers import SnapshotError, compare, past_snapshots, read_snapshot, write_snapshot
from aponia.answers.changes_words import answer_words, changes_dict, record_words, summary_words
from aponia.answers.snapshot import AnswerMark, Headline, Snapshot, conclusion_changed, snapshot


@pytest.fixture(scope="module")
def base():
    return evidence.load()


@pytest.fixture(scope="module")
def answered(base):
    return answers.answer_all(base)


@pytest.fixture(scope="module")
def now(base, answered):
    return snapshot(base, answered)


number = st.one_of(st.none(), st.floats(-50, 50).map(lambda x: round(x, 3)))
headlines = st.builds(
    Headline,
    outcome=st.sampled_from(["pain", "attacks"]),
    label=st.just("pain"),
    comparator=st.just("inert-placebo"),
    kind=st.sampled_from(["pooled", "direction"]),
    measure=st.sampled_from(["MD", None]),
    unit=st.none(),
    k=st.integers(1, 4),
    people=st.integers(0, 90),
    estimate=number,
    ci_lower=number,
    ci_upper=number,
    size=st.sampled_from(["none", "within", "beyond", "not judged"]),
)
marks = st.builds(
    AnswerMark,
    ask=st.just("Does it help?"),
    short=st.just("it"),
    status=st.sampled_from(["answered", "not-tested", "animals-only"]),
    certainty=st.sampled_from(["very low", "low", "high"]),
    direction=st.sampled_from(["benefit", "unclear"]),
    plain=st.sampled_from(["one", "two"]),
    size=st.just(""),
    harm=st.just(""),
    people=st.integers(0, 99),
    layers=st.fixed_dictionaries(
        {"randomised": st.integers(0, 3)}, optional={"animals": st.integers(0, 3)}
    ),
    trials=st.lists(st.sampled_from(["NCT1", "NCT2", "NCT3"]), unique=True).map(tuple),
    headline=st.one_of(st.none(), headlines),
)
values = st.recursive(
    st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["a", "b"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=6,
)
records = st.dictionaries(
    st.sampled_from(["s1", "s2", "s3"]),
    st.dictionaries(st.sampled_from(["title", "read", "n", "arms"]), values, max_size=4),
    max_size=3,
)
snapshots = st.builds(
    Snapshot,
    version=st.sampled_from(["1.0.0", "2.0.0"]),
    released=st.just("2026-01-01"),
    digest=st.just("d"),
    made_with=st.sampled_from(["1", "2"]),
    records=st.dictionaries(st.sampled_from(["studies", "trials", "analogues"]), records, max_size=3),
    answers=st.dictionaries(st.sampled_from(["q1", "q2"]), marks, max_size=2),
)  # fmt: skip


def backwards(value):
    if isinstance(value, dict):
        return {k: backwards(value[k]) for k in reversed(value)}
    return [backwards(v) for v in value] if isinstance(value, list) else value


@given(snapshots)
def test_a_version_does_not_differ_from_itself_in_whatever_order(taken):
    turned = Snapshot.model_validate(backwards(taken.model_dump(mode="json")))
    assert not compare(taken, taken)
    assert not compare(taken, turned)
    assert summary_words(compare(taken, turned)) == "No answer flipped."


@given(snapshots, snapshots)
@settings(max_examples=150)
def test_the_other_way_round_says_the_opposite(old, new):
    there, back = compare(old, new), compare(new, old)
    opposite = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(r.kind, r.id, r.verb) for r in there.records} == {
        (r.kind, r.id, opposite[r.verb]) for r in back.records
    }
    turns = {"new": "dropped", "dropped": "new", "flipped": "flipped", "moved": "moved"}
    assert {(a.id, a.turn) for a in there.answers} == {(a.id, turns[a.turn]) for a in back.answers}

    def fields(changes, side):
        parts = (*changes.answers, *changes.records)
        return sorted(
            (x.id, f.field, repr(getattr(f, side))) for x in parts for f in x.fields
        )  # fmt: skip

    assert fields(there, "old") == fields(back, "new")


@given(snapshots, snapshots)
def test_every_difference_is_told_and_a_flip_is_a_turned_conclusion(old, new):
    found = compare(old, new)
    told = {(r.kind, r.id) for r in found.records}
    kinds = {*old.records, *new.records}
    for kind in kinds:
        a, b = old.records.get(kind, {}), new.records.get(kind, {})
        for key in {*a, *b}:
            if (key in a) != (key in b):
                assert (kind, key) in told
            # None and absent mean the same: not known
            elif json.dumps(a[key]) == json.dumps(b[key]):
                assert (kind, key) not in told
    for key in {*old.answers} & {*new.answers}:
        flipped = old.answers[key].conclusion != new.answers[key].conclusion
        assert (key in {a.id for a in found.of("flipped")}) == flipped
    for a in found.answers:
        assert answer_words(a)
    for r in found.records:
        assert record_words(r)
    json.dumps(changes_dict(found), allow_nan=False)


@given(snapshots)
def test_a_snapshot_is_read_back_as_it_was_and_written_the_same_way_twice(taken):
    data = write_snapshot(taken)
    assert read_snapshot(data) == taken
    assert write_snapshot(read_snapshot(data)) == data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "expected a snapshot"),
        (b"{}", "expected a snapshot"),
        (b"\x1f\x8bnonsense", "broken gzip"),
        (b'{"format": 2}', "format"),
        (b"[1, 2", "expected a snapshot"),
    ],
)
def test_what_is_no_snapshot_is_refused_by_name(data, says):
    with pytest.raises(SnapshotError, match=says) as caught:
        read_snapshot(data, "releases/9.9.9.json.gz")
    assert "releases/9.9.9.json.gz" in str(caught.value)


def test_a_cut_snapshot_is_refused(now):
    with pytest.raises(SnapshotError):
        read_snapshot(write_snapshot(now)[:-500], "cut")


def edited(now, kind, key, **values):
    return now.model_copy(
        update={
            "records": {
                **now.records,
                kind: {**now.records[kind], key: {**now.records[kind][key], **values}},
            }
        }
    )


def test_news_of_a_trial_is_told_from_a_correction(now):
    key, trial = next((k, t) for k, t in now.records["trials"].items() if t.get("status_seen"))
    seen = edited(now, "trials", key, status="Terminated", status_seen="2099-01-01")
    (change,) = compare(now, seen).records
    assert (change.kind, change.id, change.why) == ("trials", key, "newly seen")
    assert {f.field for f in change.fields} == {"status", "status_seen"}
    (change,) = compare(now, edited(now, "trials", key, enrollment=12_345)).records
    assert change.why == "corrected"
    assert change.fields[0].old == trial.get("enrollment")
    assert "enrollment" in record_words(change)


def test_reading_further_and_a_contradiction_are_not_called_corrections(now):
    key = next(k for k, s in now.records["studies"].items() if s["read"] == "abstract")
    (change,) = compare(now, edited(now, "studies", key, read="full-text")).records
    assert change.why == "read further"
    noted = [*now.records["studies"][key].get("disagreements", []), {"field": "n"}]
    (change,) = compare(now, edited(now, "studies", key, disagreements=noted)).records
    assert change.why == "contradiction found"


def test_a_flip_is_said_in_words_and_numbers_that_barely_move_are_not(now):
    key = next(k for k, a in now.answers.items() if a.headline and a.headline.ci_lower is not None)
    mark = now.answers[key]

    def with_mark(**values):
        return now.model_copy(
            update={"answers": {**now.answers, key: mark.model_copy(update=values)}}
        )

    found = compare(now, with_mark(certainty="low", direction="benefit"))
    (change,) = found.of("flipped")
    assert "The answer turned: certainty from “very low” to “low”" in answer_words(change)
    assert "to “in favour”" in answer_words(change)
    assert summary_words(found) == "One answer flipped."
    width = mark.headline.ci_upper - mark.headline.ci_lower

    def shifted(by):
        moved = mark.headline.model_copy(update={"estimate": mark.headline.estimate + by * width})
        return compare(now, with_mark(headline=moved)).answers

    assert shifted(0.05) == ()
    assert [a.turn for a in shifted(0.2)] == ["moved"]


def test_the_first_version_is_kept_and_its_answers_are_those_of_the_changelog(base, now):
    first = past_snapshots(base)[0]
    assert first.version == "0.1.0"
    assert (len(first.records["studies"]), len(first.records["trials"])) == (168, 46)
    assert len(first.answers) == 47
    # "no answer carries a direction", the changelog says of it
    assert {a.direction for a in first.answers.values()} == {"unclear"}
    changes = compare(first, now)
    assert changes.of("flipped") == ()
    if base.release.version == "0.2.0":
        assert {a.id for a in changes.answers} == {"plasticity-pain", "inflammation-pain"}
        index = {r.id: r for r in changes.records_of("mechanism_index", "changed")}
        assert len(index) == 4
        assert sum("direction" in record_words(r) for r in index.values()) == 2


def test_the_conclusion_dates_from_the_version_that_first_drew_it(base, answered, now):
    key = "psilocybin-cluster-headache"
    answer = answered[key]
    past = [
        now.model_copy(update={"version": f"0.0.{i}", "released": f"2025-0{i}-01"})
        for i in (1, 2, 3)
    ]
    other = now.answers[key].model_copy(update={"certainty": "low"})

    def dated(*taken):
        kept = {s.version: write_snapshot(s) for s in taken}
        return conclusion_changed(replace(base, releases=kept), answer)

    assert dated() == base.released
    assert dated(*past) == "2025-01-01"
    past[1] = past[1].model_copy(update={"answers": {**now.answers, key: other}})
    assert dated(*past) == "2025-03-01"
    past[2] = past[2].model_copy(update={"answers": {**now.answers, key: other}})
    assert dated(*past) == base.released
    assert answer.dates["conclusion_changed"] == conclusion_changed(base, answer)


def test_a_release_named_otherwise_than_its_content_is_refused(base, now):
    wrong = replace(base, releases={"7.0.0": write_snapshot(now)})
    with pytest.raises(SnapshotError, match=r"releases/7\.0\.0\.json\.gz.*expected '7\.0\.0'"):
        past_snapshots(wrong)
