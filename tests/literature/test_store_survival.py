"""Nothing is lost and nothing is left half done: kill -9, and several processes at once."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aponia.literature.store import Review, open_database

TITLES = {
    "alpha": "Psilocybin for cluster headache attacks", "beta": "Ketamine infusions in neuropathic pain",
    "gamma": "Lysergide and phantom limb relief after amputation", "delta": "Asthma education in rural primary schools",
    "epsilon": "Surgical repair of inguinal hernia in infants", "zeta": "Soil nitrogen under winter wheat",
    "eta": "Cochlear implants and speech in toddlers", "theta": "Copper stress in freshwater mussels",
    "iota": "A register of stroke units across Norway", "kappa": "Mindfulness by telephone for carers",
    "lambda": "Night shifts and blood pressure of nurses", "omicron": "Dental caries among refugees",
    "sigma": "Wildfire smoke exposure and birth weight", "upsilon": "Machine reading of retinal photographs",
    "omega": "Yoga against low back stiffness",
}  # fmt: skip
WORDS = list(TITLES)


def ris(words: list[str], source: str) -> str:
    return "".join(
        f"TY  - JOUR\nTI  - {TITLES[w]}\nAU  - Doe, {w}\nPY  - {1980 + k}\nJF  - Journal of {w}\nVL  - {k + 1}\nSP  - {10 * k + 1}\nDB  - {source}\nER  - \n"
        for k, w in enumerate(words)
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "a.ris").write_text(ris(WORDS[:6], "Embase"))
    (tmp_path / "b.ris").write_text(ris(WORDS, "Scopus"))
    return tmp_path


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def killed_after(process: subprocess.Popen[str], sign: str) -> None:
    with process:
        assert process.stdout is not None
        assert sign in process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)


_SLOW_IMPORT = """
import sys, time
from aponia.literature.store import Review, importing, open_database
write = importing._write
def slow(*arguments):
    outcome = write(*arguments)
    print("written, not committed", flush=True)
    time.sleep(60)
    return outcome
importing._write = slow
Review(open_database(sys.argv[1]), "r").add_file(sys.argv[2])
"""


def test_kill_9_in_the_middle_of_an_import(database: str, files: Path) -> None:
    engine = open_database(database)
    review = Review(engine, "r")
    review.add_file(files / "a.ris")
    review.decide(1, "ann", "include")
    killed_after(start(_SLOW_IMPORT, database, files / "b.ris"), "not committed")
    begun = time.monotonic()
    review = Review(engine, "r")
    assert sum(len(p.records) for p in review.publications().values()) == 6
    assert review.state()[1] == "waiting"
    assert [e["action"] for e in review.audit_trail()] == ["review created", "file imported", "decision"]  # fmt: skip
    assert [i["file"] for i in review.imports()] == ["a.ris"]
    assert review.add_file(files / "b.ris").new_publications == len(WORDS) - 6
    # The dead writer's lock is not waited for.
    assert time.monotonic() - begun < 20
    engine.dispose()


_SLOW_DECISION = """
import sys, time
from aponia.literature.store import Review, open_database
review = Review(open_database(sys.argv[1]), "r")
log = review._log
def slow(c, who, action, detail):
    print("decided, not committed", flush=True)
    time.sleep(60)
    log(c, who, action, detail)
review._log = slow
review.decide(2, "bob", "include")
"""


def test_kill_9_in_the_middle_of_a_decision(database: str, files: Path) -> None:
    engine = open_database(database)
    review = Review(engine, "r")
    review.add_file(files / "a.ris")
    review.decide(1, "ann", "include")
    killed_after(start(_SLOW_DECISION, database), "not committed")
    # Neither the decision without its trail entry nor the entry without the decision.
    assert review.board().standing(2, "title-abstract") == ()
    assert [e["who"] for e in review.audit_trail() if e["action"] == "decision"] == ["ann"]
    review.decide(2, "bob", "exclude")
    assert len(review.audit_trail()) == 4
    engine.dispose()


_DECIDER = """
import sys
from aponia.literature.store import Review, open_database
review = Review(open_database(sys.argv[1]), "r")
who, rounds = sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
for k in range(rounds):
    n = k % 6 + 1
    number = review.decide(n, who, ("include", "exclude", "unsure")[k % 3], note=f"{who} {k}")
    print("kept", number, flush=True)
"""


@pytest.mark.parametrize("moment", [5, 17, 40])
def test_what_was_confirmed_is_there_after_kill_9(database: str, files: Path, moment: int) -> None:
    engine = open_database(database)
    review = Review(engine, "r")
    review.add_file(files / "a.ris")
    process = start(_DECIDER, database, "bob", 100_000)
    confirmed: list[int] = []
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.match(r"kept (\d+)", line):
                confirmed.append(int(found.group(1)))
                if len(confirmed) == moment:
                    process.send_signal(signal.SIGKILL)
                    break
        # What it still said before the kill reached it was kept too.
        confirmed += [int(m) for m in re.findall(r"kept (\d+)\n", process.stdout.read())]
        process.wait(timeout=20)
    kept = [e["detail"]["decision"] for e in review.audit_trail() if e["action"] == "decision"]
    assert kept[: len(confirmed)] == confirmed
    # One more may have been written whose confirmation nobody heard.
    assert len(kept) - len(confirmed) in {0, 1}
    engine.dispose()


def test_two_reviewers_and_an_import_at_once_lose_nothing(database: str, files: Path) -> None:
    engine = open_database(database)
    review = Review(engine, "r")
    review.add_file(files / "a.ris")
    rounds = 40
    workers = [start(_DECIDER, database, who, rounds) for who in ("ann", "bob")]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    assert review.add_file(files / "b.ris").new_publications == len(WORDS) - 6
    for worker in workers:
        # not communicate(): what readline() has read ahead would be lost
        with worker:
            assert worker.stdout is not None
            out = worker.stdout.read()
        assert worker.returncode == 0
        assert out.count("kept") == rounds
    trail = review.audit_trail()
    notes = [e["detail"]["note"] for e in trail if e["action"] == "decision"]
    assert sorted(notes) == sorted(f"{who} {k}" for who in ("ann", "bob") for k in range(rounds))
    assert len(review.publications()) == len(WORDS)
    engine.dispose()


_IMPORTER = """
import sys
from aponia.literature.store import Review, open_database
review = Review(open_database(sys.argv[1]), "r")
print("ready", flush=True)
sys.stdin.readline()
print(review.add_file(sys.argv[2]).new_publications, flush=True)
"""


def test_two_imports_at_once_make_no_duplicates(database: str, files: Path) -> None:
    engine = open_database(database)
    review = Review(engine, "r")
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _IMPORTER, database, str(files / name)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in ("a.ris", "b.ris")
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    new = [int(worker.communicate(timeout=120)[0]) for worker in workers]
    assert sum(new) == len(WORDS)
    assert sorted(len(p.records) for p in review.publications().values()) == [1] * 9 + [2] * 6
    review.audit_trail()
    engine.dispose()
