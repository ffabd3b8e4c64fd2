"""Bulk scans lose nothing but what is broken, and say so; stopped runs go on; dead workers are survived."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

from aponia.literature.scan import (
    COLUMNS,
    Part,
    QueryError,
    ScanError,
    jobs_of,
    read_parts,
    scan,
    scan_file,
)
from aponia.literature.scan import files as files_module
from aponia.literature.scan.files import Source, blocks

QUERY = "psilocybin[tiab] AND headache"


def pmids(out: Path) -> list[str]:
    return sorted(r.pmid for r in read_parts(sorted(out.glob("*.parquet"))))


def one(path: Path, out: Path, query: str = QUERY, **more: int) -> Part:
    return scan_file(jobs_of([path], out, query, **more)[0])


def test_scan_writes_one_documented_part_a_file(made: ModuleType, tmp_path: Path) -> None:
    made.write(tmp_path / "in/a.xml.gz", made.corpus(1, 50))
    made.write(tmp_path / "in/b.xml", made.corpus(101, 30))
    result = scan(jobs_of([tmp_path / "in"], tmp_path / "out", QUERY), workers=2)
    assert [(p.name, p.state, p.records, p.matches) for p in result.parts] == [("a", "complete", 50, 5), ("b", "complete", 30, 3)]  # fmt: skip
    table = pq.read_table(tmp_path / "out")
    assert table.column_names == list(COLUMNS)
    row = table.to_pylist()[0]
    assert (row["pmid"], row["title"], row["year"], row["doi"], row["authors"]) == ("10", "Psilocybin in headache", 2021, "10.1000/10", ["Müller, Jörg"])  # fmt: skip
    text = gzip.decompress((tmp_path / "in/a.xml.gz").read_bytes())
    assert text[row["offset"] :].startswith(b"<PubmedArticle>")
    assert text[row["offset"] + row["length"] - 16 :].startswith(b"</PubmedArticle>")
    # The first record stands behind the head of the file, where something could hide.
    assert result.parts[0].parsed == 6


@pytest.mark.parametrize("block", [1, 700, 5000, 1 << 20])
def test_blocks_of_any_size_cut_the_same_records(
    made: ModuleType, tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "_READ", 97)
    path = made.write(tmp_path / "a.xml.gz", made.corpus(1, 12))
    found = [b.data[x:y] for b in blocks(Source(path), lines=False, size=block) for x, y in zip(b.cuts, b.cuts[1:], strict=False)]  # fmt: skip
    assert len(found) == 12
    assert b"".join(found) + b"\n</PubmedArticleSet>\n" == made.corpus(1, 12).encode()


def test_gzip_of_several_members_and_padding_is_read_to_its_end(made: ModuleType, tmp_path: Path) -> None:  # fmt: skip
    text = made.corpus(1, 40).encode()
    data = gzip.compress(text[:5000]) + gzip.compress(text[5000:]) + b"\0" * 512
    (tmp_path / "a.xml.gz").write_bytes(data)
    part = one(tmp_path / "a.xml.gz", tmp_path / "out")
    assert (part.state, part.records, part.matches, part.problems) == ("complete", 40, 4, [])


def test_truncated_gzip_keeps_every_record_before_the_cut(made: ModuleType, tmp_path: Path) -> None:
    text = made.corpus(1, 400)
    data = gzip.compress(text.encode(), 6)
    cut = len(data) * 2 // 3
    (tmp_path / "a.xml.gz").write_bytes(data[:cut])
    whole = zlib.decompressobj(31).decompress(data[:cut]).count(b"</PubmedArticle>")
    part = one(tmp_path / "a.xml.gz", tmp_path / "out")
    assert (part.state, part.records, part.matches) == ("damaged", whole, whole // 10)
    assert 0 < whole < 400
    assert any("breaks off" in p.message and p.offset == cut for p in part.problems)
    assert any("ends within this record" in p.message for p in part.problems)
    assert pmids(tmp_path / "out") == sorted(str(n) for n in range(10, whole + 1, 10))


def test_corrupt_gzip_keeps_every_record_before_the_damage(made: ModuleType, tmp_path: Path) -> None:  # fmt: skip
    text = made.corpus(1, 400).encode()
    packer = zlib.compressobj(wbits=31)
    data = packer.compress(text[: len(text) // 2]) + packer.flush(zlib.Z_FULL_FLUSH)
    at = len(data)
    # 0x07 opens a block of a kind that does not exist.
    data += b"\x07" * 64 + packer.compress(text[len(text) // 2 :]) + packer.flush()
    (tmp_path / "a.xml.gz").write_bytes(data)
    part = one(tmp_path / "a.xml.gz", tmp_path / "out")
    assert part.state == "damaged"
    damage = next(p for p in part.problems if p.kind == "damage")
    assert damage.offset == at
    assert part.records == text[: len(text) // 2].count(b"</PubmedArticle>")
    assert part.matches == part.records // 10
    again = scan(jobs_of([tmp_path / "a.xml.gz"], tmp_path / "out", QUERY), workers=1)
    assert again.reused == 0


def test_bad_checksum_at_the_end_keeps_all_records_and_is_reported(made: ModuleType, tmp_path: Path) -> None:  # fmt: skip
    data = bytearray(gzip.compress(made.corpus(1, 40).encode(), 6))
    data[-6] ^= 0xFF
    (tmp_path / "a.xml.gz").write_bytes(bytes(data))
    part = one(tmp_path / "a.xml.gz", tmp_path / "out")
    assert (part.state, part.records, part.matches) == ("damaged", 40, 4)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("<PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>Psilocybin in headache</Article></MedlineCitation></PubmedArticle>\n", "PMID 7: malformed"),
        ("<PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>Psilocybin headache\n", "PMID 7: this record has no end"),
        ("</PubmedArticle>\n", "never began"),
    ],
)  # fmt: skip
def test_malformed_record_loses_only_itself(made: ModuleType, tmp_path: Path, bad: str, words: str) -> None:  # fmt: skip
    text = made.HEAD + made.article(1, "Psilocybin in headache") + bad + made.article(2, "Psilocybin in headache") + made.END  # fmt: skip
    part = one(made.write(tmp_path / "a.xml.gz", text), tmp_path / "out")
    assert pmids(tmp_path / "out") == ["1", "2"]
    assert part.state == "complete"
    assert [words in p.message for p in part.problems] == [True]
    offset = part.problems[0].offset
    assert text.encode()[offset:].lstrip().startswith(bad.encode()[:20])


def test_bytes_that_are_not_utf8_are_replaced_and_told(made: ModuleType, tmp_path: Path) -> None:
    data = (made.HEAD + made.article(1, "Psilocybin head\x00ache caf#") + made.article(2, "Psilocybin headache") + made.END).encode()  # fmt: skip
    part = one(made.write(tmp_path / "a.xml.gz", data.replace(b"#", b"\xe9").replace(b"\0ache", b"ache")), tmp_path / "out")  # fmt: skip
    assert part.matches == 2
    assert "not UTF-8" in part.problems[0].message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (gzip.compress(b"", mtime=0), "neither PubMed XML nor"),
        (b"\x89PNG\r\n\x1a\n....", "neither PubMed XML nor"),
        (b"<!DOCTYPE html><html>Not found</html>", "neither PubMed XML nor"),
        (b'<?xml version="1.0" encoding="utf-16"?><x/>', "found the encoding utf-16"),
        (b"TY  - JOUR\n", "neither PubMed XML nor"),
    ],
)
def test_files_of_another_kind_fail_alone(made: ModuleType, tmp_path: Path, data: bytes, words: str) -> None:  # fmt: skip
    (tmp_path / "in").mkdir()
    (tmp_path / "in/bad.xml").write_bytes(data)
    made.write(tmp_path / "in/good.xml.gz", made.corpus(1, 20))
    result = scan(jobs_of([tmp_path / "in"], tmp_path / "out", QUERY), workers=1)
    assert [(p.name, p.state) for p in result.parts] == [("bad", "failed"), ("good", "complete")]
    assert any(words in p.message for p in result.parts[0].problems)
    assert len(pmids(tmp_path / "out")) == 2


def test_md5_beside_the_file_is_held_to_it(made: ModuleType, tmp_path: Path) -> None:
    path = made.write(tmp_path / "a.xml.gz", made.corpus(1, 20))
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    beside = tmp_path / "a.xml.gz.md5"
    beside.write_text(f"MD5(a.xml.gz)= {md5}\n")
    assert one(path, tmp_path / "out").state == "complete"
    beside.write_text(f"MD5(a.xml.gz)= {'0' * 32}\n")
    part = one(path, tmp_path / "out2")
    assert (part.state, part.matches) == ("damaged", 2)
    assert "states 00000000" in part.problems[0].message


def test_update_files_tell_versions_and_withdrawals(made: ModuleType, tmp_path: Path) -> None:
    text = made.HEAD + made.article(1, "Psilocybin headache", version=2) + '<DeleteCitation><PMID Version="1">88</PMID>\n<PMID Version="1">99</PMID></DeleteCitation>' + made.END  # fmt: skip
    part = one(made.write(tmp_path / "u.xml.gz", text), tmp_path / "out")
    assert part.deleted == ["88", "99"]
    assert pq.read_table(tmp_path / "out/u.parquet").column("version").to_pylist() == [2]


def test_lines_of_openalex_are_scanned_with_their_abstract(tmp_path: Path) -> None:
    works = [
        {"id": f"https://openalex.org/W{i}", "title": t, "publication_year": 2020, "language": "en", "authorships": [],
         "abstract_inverted_index": {"Less": [0], "headache": [1]}}
        for i, t in enumerate(["Psilocybin", "Caffeine", "psiloc\u00adybin"])
    ]  # fmt: skip
    lines = [json.dumps(w) for w in works]
    lines[1:1] = ['{"title": "psilocybin headache", broken']
    with gzip.open(tmp_path / "part_000.gz", "wt") as handle:
        handle.write("\n".join(lines))
    part = one(tmp_path / "part_000.gz", tmp_path / "out", QUERY + " AND english[la]")
    assert (part.state, part.records, part.matches) == ("complete", 4, 2)
    assert "broken JSON" in part.problems[0].message
    assert [r.abstract for r in read_parts([tmp_path / "out/part_000.parquet"])] == ["Less headache"] * 2  # fmt: skip


def test_second_run_scans_only_what_changed(made: ModuleType, tmp_path: Path) -> None:
    for name in ("a", "b"):
        made.write(tmp_path / f"in/{name}.xml.gz", made.corpus(1, 20))
    out = tmp_path / "out"
    assert scan(jobs_of([tmp_path / "in"], out, QUERY), workers=1).reused == 0
    assert scan(jobs_of([tmp_path / "in"], out, QUERY.replace("AND", "and")), workers=1).reused == 2
    made.write(tmp_path / "in/a.xml.gz", made.corpus(1, 30))
    result = scan(jobs_of([tmp_path / "in"], out, QUERY), workers=1)
    assert (result.reused, [p.matches for p in result.parts]) == (1, [3, 2])
    (out / "b.parquet").write_bytes(b"")
    assert scan(jobs_of([tmp_path / "in"], out, QUERY), workers=1).reused == 1
    assert scan(jobs_of([tmp_path / "in"], out, "caffeine"), workers=1).reused == 0
    (tmp_path / "in/b.xml.gz").unlink()
    assert scan(jobs_of([tmp_path / "in"], out, "caffeine"), workers=1).leftover == ("b",)


def test_what_can_not_be_scanned_is_said_before_anything_is_done(made: ModuleType, tmp_path: Path) -> None:  # fmt: skip
    with pytest.raises(ScanError, match="no such file"):
        jobs_of([tmp_path / "none"], tmp_path, QUERY)
    with pytest.raises(ScanError, match="no file in it ends with"):
        jobs_of([tmp_path], tmp_path, QUERY)
    made.write(tmp_path / "x/a.xml", made.corpus(1, 1))
    # Which field tags there are depends on what the files are.
    with pytest.raises(QueryError, match="column 4"):
        jobs_of([tmp_path], tmp_path, "a b[ti")
    made.write(tmp_path / "y/a.xml", made.corpus(1, 1))
    with pytest.raises(ScanError, match="would both become the part a"):
        jobs_of([tmp_path / "x/a.xml", tmp_path / "y/a.xml"], tmp_path, QUERY)
    assert [j.name for j in jobs_of([tmp_path], tmp_path, QUERY)] == ["x__a", "y__a"]


# -- processes that die ---------------------------------------------------------------------------


def children(pid: int) -> list[int]:
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        return [c.pid for c in psutil.Process(pid).children(recursive=True)]
    return []


def holding(pid: int, path: Path) -> bool:
    """Tell whether a process has a file open."""
    with contextlib.suppress(OSError):
        return any(fd.readlink() == path for fd in Path(f"/proc/{pid}/fd").iterdir())
    return False


def wait_for(what: object, seconds: float = 60) -> object:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():  # type: ignore[operator]
            return found
        time.sleep(0.005)
    raise AssertionError("it never came to that")


def pipe_file(made: ModuleType, path: Path) -> Path:
    """A named pipe: a worker that reads it stays in the middle of the file until it is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    return path


COMMAND = "import sys; from aponia.cli.main import main; sys.argv = ['aponia', 'scan', *sys.argv[1:]]; main()"  # fmt: skip


def start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def test_killed_worker_costs_nothing_and_a_file_that_kills_twice_only_itself(made: ModuleType, tmp_path: Path) -> None:  # fmt: skip
    folder = tmp_path / "in"
    for i in range(6):
        made.write(folder / f"f{i}.xml.gz", made.corpus(1 + 100 * i, 100))
    stuck = pipe_file(made, folder / "a_stuck.xml")
    process = start(str(folder / "a_stuck.xml"), *(str(folder / f"f{i}.xml.gz") for i in range(6)), "--query", QUERY, "--out", str(tmp_path / "out"), "--workers", "2", "--json")  # fmt: skip
    killed: list[int] = []
    with stuck.open("wb") as pipe:  # opens as soon as a worker reads
        pipe.write(made.HEAD.encode())
        pipe.flush()
        first = wait_for(lambda: [p for p in children(process.pid) if holding(p, stuck)])
        assert isinstance(first, list)
        os.kill(first[0], signal.SIGKILL)
        killed += first
        second = wait_for(lambda: [p for p in children(process.pid) if p not in killed and holding(p, stuck)])  # fmt: skip
        assert isinstance(second, list)
        os.kill(second[0], signal.SIGKILL)
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 1, errors
    answer = json.loads(output)
    assert (answer["complete"], answer["killed"], answer["matches"]) == (6, 1, 60)
    assert "died 2 times" in answer["problems"][0]["message"]
    assert len(set(pmids(tmp_path / "out"))) == 60


def test_killed_main_process_leaves_whole_parts_only_and_the_next_run_completes_them(made: ModuleType, tmp_path: Path) -> None:  # fmt: skip
    folder = tmp_path / "in"
    for i in range(4):
        made.write(folder / f"f{i}.xml.gz", made.corpus(1 + 100 * i, 100))
    stuck = pipe_file(made, folder / "z_stuck.xml")
    out = tmp_path / "out"
    inputs = [str(folder / f"f{i}.xml.gz") for i in range(4)]
    process = start(*inputs, str(stuck), "--query", QUERY, "--out", str(out), "--workers", "1", "--json")  # fmt: skip
    with stuck.open("wb") as pipe:
        pipe.write(made.HEAD.encode())
        pipe.flush()
        wait_for(lambda: (out / "_manifests").is_dir() and len(list((out / "_manifests").glob("*.json"))) == 4)  # fmt: skip
        workers = children(process.pid)
        process.kill()
        process.communicate(timeout=60)
        # The workers end with it: none is left to write into the folder of the next run.
        import psutil

        wait_for(lambda: not any(psutil.pid_exists(p) and holding(p, stuck) for p in workers))
    assert sorted(p.name for p in out.glob("*.parquet")) == [f"f{i}.parquet" for i in range(4)]
    assert list(out.glob(".*.partial"))
    stuck.unlink()
    made.write(stuck, made.corpus(401, 100))
    result = scan(jobs_of([*inputs, stuck], out, QUERY), workers=1)
    assert result.reused == 4
    assert pmids(out) == sorted(str(n) for n in range(10, 501, 10))
    assert not list(out.glob(".*.partial"))


def test_ctrl_c_leaves_no_half_part_and_no_process(made: ModuleType, tmp_path: Path) -> None:
    stuck = pipe_file(made, tmp_path / "stuck.xml")
    out = tmp_path / "out"
    process = start(str(stuck), "--query", QUERY, "--out", str(out), "--workers", "1")
    with stuck.open("wb") as pipe:
        pipe.write(made.HEAD.encode())
        pipe.flush()
        workers = wait_for(lambda: [p for p in children(process.pid) if holding(p, stuck)])
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    import psutil

    assert isinstance(workers, list)
    wait_for(lambda: not any(psutil.pid_exists(p) and psutil.Process(p).status() != "zombie" for p in workers))  # fmt: skip
    assert process.returncode not in (0, None)
    assert not list(out.glob("*.parquet"))
    assert not list((out / "_manifests").glob("*.json"))
    assert not list(out.glob(".*.partial"))


def test_two_scans_into_one_folder_are_refused(made: ModuleType, tmp_path: Path) -> None:
    stuck = pipe_file(made, tmp_path / "stuck.xml")
    process = start(str(stuck), "--query", QUERY, "--out", str(tmp_path / "out"), "--workers", "1")
    with stuck.open("wb") as pipe:
        pipe.write(made.HEAD.encode())
        pipe.flush()
        good = made.write(tmp_path / "a.xml", made.corpus(1, 10))
        with pytest.raises(ScanError, match="another scan is writing here"):
            scan(jobs_of([good], tmp_path / "out", QUERY), workers=1)
        process.kill()
        process.communicate(timeout=60)


def test_chapters_of_books_are_records_too(made: ModuleType, tmp_path: Path) -> None:
    book = "<PubmedBookArticle><BookDocument><PMID>5</PMID><Book><BookTitle>Drugs</BookTitle></Book><ArticleTitle>Psilocybin headache</ArticleTitle></BookDocument></PubmedBookArticle>\n"
    text = made.HEAD + book + made.article(1, "Psilocybin headache") + book.replace(">5<", ">6<") + made.END  # fmt: skip
    part = one(made.write(tmp_path / "a.xml.gz", text), tmp_path / "out")
    assert (part.records, part.problems) == (3, [])
    assert pmids(tmp_path / "out") == ["1", "5", "6"]
    # An article without its end before a chapter is as many ends as beginnings, and told all the same.
    unended = made.article(7, "Psilocybin headache").replace("</PubmedArticle>", "")
    part = one(made.write(tmp_path / "b.xml.gz", made.HEAD + unended + book + made.END), tmp_path / "other")  # fmt: skip
    assert pmids(tmp_path / "other") == ["5"]
    assert ["PMID 7: this record has no end" in p.message for p in part.problems] == [True]


def test_command_writes_parts_and_an_export_and_says_what_was_wrong(made: ModuleType, tmp_path: Path) -> None:  # fmt: skip
    from typer.testing import CliRunner

    from aponia.cli.main import app
    from aponia.literature import read

    made.write(tmp_path / "in/a.xml.gz", made.corpus(1, 30))
    (tmp_path / "in/b.xml").write_bytes(b"")
    out, export = tmp_path / "out", tmp_path / "found.ris"
    wrong = CliRunner().invoke(app, ["scan", str(tmp_path / "in"), "--query", "psilocybin[xx]", "--out", str(out)])  # fmt: skip
    assert "column 11" in str(wrong.exception)
    assert not out.exists()
    done = CliRunner().invoke(app, ["scan", str(tmp_path / "in"), "--query", QUERY, "--out", str(out), "--export", str(export), "--workers", "1"])  # fmt: skip
    assert done.exit_code == 1
    assert "3 of 30 records match, in 2 files" in done.output
    assert "b.xml, byte 0: the file is empty" in done.output
    assert [r.pmid for r in read(export).records] == ["10", "20", "30"]
