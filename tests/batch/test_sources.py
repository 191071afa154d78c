"""What a search finds, in which order, and what it leaves out and says."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import fsspec
import pytest

from callaudit.batch.places import without_secrets
from callaudit.batch.sources import Search, Trouble, digest, fetched, is_unchanged, local_path, name_of
from callaudit.errors import ConfigError, UnreadableAudio

NOT_ROOT = pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="nothing is unreadable to root")


NOW_S = time.time()
"""When the tests began; ages of files are counted from then."""


def put(folder: Path, *names: str, age_s: float = 3600.0) -> None:
    """Files with their names as content, last written `age_s` seconds before `NOW_S`."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.fsencode(name))
        os.utime(file, (NOW_S - age_s,) * 2)


def below(folder: Path, *sources: str, **options: object) -> list[str]:
    """Locations found, from the folder on."""
    return [one.location.removeprefix(f"{folder}/") for one in Search(sources or (str(folder),), **options)]  # type: ignore[arg-type]  # options are those of Search


def test_a_folder_gives_its_recordings_in_the_order_of_their_whole_paths(tmp_path: Path) -> None:
    put(tmp_path, "b.wav", "a/z.mp3", "a.wav", "a/b/1.AMR", "通话.flac", "a-b/2.wav")
    found = below(tmp_path)
    assert found == ["a-b/2.wav", "a.wav", "a/b/1.AMR", "a/z.mp3", "b.wav", "通话.flac"]
    assert found == sorted(found, key=str.encode)


def test_sidecars_drafts_hidden_files_and_the_out_folder_are_left_out(tmp_path: Path) -> None:
    put(
        tmp_path,
        "1.wav",
        "1.meta.json",
        "1.json",
        "2.wav.part",
        ".3.wav",
        ".cache/4.wav",
        "out/5.wav",
        "notes.txt",
        "6",
    )
    assert below(tmp_path, leave_out=[tmp_path / "out"]) == ["1.wav"]


def test_a_pattern_matches_parts_of_paths_and_whole_folders(tmp_path: Path) -> None:
    put(tmp_path, "11-20/1.wav", "11-21/2.wav", "11-21/x/3.wav", "12-01/4.wav", "11-21/5.mp3", "11-21/6.vox")
    assert below(tmp_path, f"{tmp_path}/11-*/*.wav") == ["11-20/1.wav", "11-21/2.wav"]
    assert below(tmp_path, f"{tmp_path}/**/*.wav") == ["11-20/1.wav", "11-21/2.wav", "11-21/x/3.wav", "12-01/4.wav"]
    assert below(tmp_path, f"{tmp_path}/11-2[1-9]") == ["11-21/2.wav", "11-21/5.mp3", "11-21/x/3.wav"]
    assert below(tmp_path, f"{tmp_path}/*/*.vox") == ["11-21/6.vox"]  # an ending that is asked for is taken


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    put(tmp_path, "a[1].wav", "a1.wav")
    assert below(tmp_path, f"{tmp_path}/a[1].wav") == ["a[1].wav"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk"])
def test_a_list_names_files_beside_it_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    put(tmp_path, "通话二.wav", "more/1.wav", "left.wav")
    lines = f"通话二.wav\r\nmore/1.wav\n\n{tmp_path}/more/../more/1.wav\n"
    (tmp_path / "list.txt").write_bytes(lines.encode(encoding))
    (tmp_path / "noending").write_bytes(lines.encode(encoding))
    assert below(tmp_path, f"{tmp_path}/list.txt") == ["more/1.wav", "通话二.wav"]
    assert below(tmp_path, f"@{tmp_path}/noending") == ["more/1.wav", "通话二.wav"]


def test_a_table_gives_its_first_column_without_the_title(tmp_path: Path) -> None:
    put(tmp_path, "1.wav", "2, 3.wav")
    (tmp_path / "list.csv").write_bytes('录音,坐席\n1.wav,8016\n"2, 3.wav",8017\n'.encode("gbk"))
    assert below(tmp_path, f"{tmp_path}/list.csv") == ["1.wav", "2, 3.wav"]


def test_what_a_list_names_and_is_not_there_is_told(tmp_path: Path) -> None:
    put(tmp_path, "1.wav")
    (tmp_path / "list.txt").write_text("1.wav\ngone.wav\nsftp://qa:s3cret@host/2.wav\n")
    told: list[Trouble] = []
    search = Search([str(tmp_path / "list.txt")], tell=told.append)
    assert [name_of(one.location) for one in search] == ["1.wav"]
    assert search.n_troubles == len(told) == 2
    assert (f"{tmp_path}/gone.wav", "no such file or folder") in [(one.location, one.why) for one in told]
    assert not any("s3cret" in one.location + one.why for one in told)


def test_sources_that_overlap_give_each_file_once(tmp_path: Path) -> None:
    put(tmp_path, "a/1.wav", "b/2.wav", "a/3.wav")
    search = Search([str(tmp_path / "b"), str(tmp_path), str(tmp_path / "a" / "3.wav"), f"{tmp_path}/*/1.wav"])
    assert below(tmp_path, *search.sources) == ["a/1.wav", "a/3.wav", "b/2.wav"]
    assert [*search] == [*search]
    assert search.n_found == 3


def test_links_in_a_circle_end_and_links_elsewhere_are_followed_once(tmp_path: Path) -> None:
    put(tmp_path, "calls/1.wav", "elsewhere/2.wav")
    (tmp_path / "calls" / "again").symlink_to(tmp_path / "calls", target_is_directory=True)
    (tmp_path / "calls" / "archive").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "calls", target_is_directory=True)
    (tmp_path / "calls" / "self.wav").symlink_to(tmp_path / "calls" / "self.wav")
    told: list[Trouble] = []
    assert below(tmp_path / "calls", tell=told.append) == ["1.wav", "archive/2.wav"]
    assert [one.location for one in told] == [f"{tmp_path}/calls/self.wav"]


def test_a_pipe_is_told_and_never_opened(tmp_path: Path) -> None:
    put(tmp_path, "1.wav")
    os.mkfifo(tmp_path / "0.wav")
    search = Search([str(tmp_path)])
    assert [name_of(one.location) for one in search] == ["1.wav"]
    assert search.n_troubles == 1


@NOT_ROOT
def test_an_unreadable_folder_is_told_and_stops_nothing(tmp_path: Path) -> None:
    put(tmp_path, "a/1.wav", "b/2.wav")
    (tmp_path / "a").chmod(0)
    told: list[Trouble] = []
    try:
        assert below(tmp_path, tell=told.append) == ["b/2.wav"]
    finally:
        (tmp_path / "a").chmod(0o700)
    assert told == [Trouble(f"{tmp_path}/a", "no permission to read it")]


def test_a_source_that_is_not_there_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    put(tmp_path, "1.wav")
    told: list[Trouble] = []
    assert below(tmp_path, str(tmp_path / "none"), str(tmp_path), tell=told.append) == ["1.wav"]
    assert told == [Trouble(f"{tmp_path}/none", "no such file or folder")]


def test_any_name_has_a_location_of_one_line_that_leads_back_to_it(tmp_path: Path) -> None:
    names = ["two\nlines.wav", os.fsdecode(b"\xcd\xa8\xbb\xb0.wav"), "per%cent.wav", "plain.wav", "\u202elaid.wav"]
    put(tmp_path, *names)
    found = list(Search([str(tmp_path)]))
    paths = [local_path(one.location) for one in found]
    assert {path.name for path in paths if path} == set(names)
    for one, path in zip(found, paths, strict=True):
        one.location.encode()
        assert one.location.isprintable()
        assert path is not None
        assert path.read_bytes() == os.fsencode(path.name)
        with fetched(one.location) as file:
            assert file == path
        assert is_unchanged(one)


def test_a_young_file_is_left_for_later_and_one_from_the_future_is_not(tmp_path: Path) -> None:
    put(tmp_path, "old.wav", age_s=61.0)
    put(tmp_path, "young.wav", age_s=50.0)
    put(tmp_path, "ahead.wav", age_s=-7200.0)
    search = Search([str(tmp_path)], settle_s=60.0, clock=lambda: NOW_S)
    assert [name_of(one.location) for one in search] == ["ahead.wav", "old.wav"]
    assert (search.n_found, search.n_young) == (2, 1)
    later = Search([str(tmp_path)], settle_s=60.0, clock=lambda: NOW_S + 60.0)
    assert [name_of(one.location) for one in later] == ["ahead.wav", "old.wav", "young.wav"]


def test_the_second_look_sees_growth_and_going(tmp_path: Path) -> None:
    put(tmp_path, "1.wav", "2.wav", "3.wav")
    one, two, three = Search([str(tmp_path)])
    times = (tmp_path / "1.wav").stat()
    with (tmp_path / "1.wav").open("ab") as file:
        file.write(b"more")
    os.utime(tmp_path / "1.wav", ns=(times.st_atime_ns, times.st_mtime_ns))  # a copy that keeps the time of its source
    (tmp_path / "2.wav").unlink()
    assert not is_unchanged(one)
    assert not is_unchanged(two)
    assert is_unchanged(three)


def test_a_digest_is_that_of_the_bytes_and_a_file_that_went_says_so(tmp_path: Path) -> None:
    (tmp_path / "1.wav").write_bytes(b"abc")
    assert digest(str(tmp_path / "1.wav")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(UnreadableAudio, match=r"2\.wav: no such file"):
        digest(str(tmp_path / "2.wav"))


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("sftp://qa:pass@host/calls", "holds a password"),
        ("sftp://qa:pa/s@s@host/calls", "holds a password"),
        ("s3://AKIAKEY:SECRETpass@bucket/calls", "holds a password"),
        ("https://host/calls", "wanted a folder"),
        ("nonesuch://calls", "no storage is known"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_secrets(url: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        list(Search([url]))
    assert "pass" not in str(caught.value).replace("password", "").replace("_PASSWORD", "")
    assert "KEY" not in str(caught.value)


def test_a_missing_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adlfs", None)
    with pytest.raises(ConfigError, match=r"pip install 'callaudit\[azure\]'"):
        list(Search(["az://container/calls"]))


def test_messages_lose_signatures() -> None:
    assert without_secrets("az://c/1.wav?sv=2024&sig=abc") == "az://c/1.wav"
    assert without_secrets("/calls/what?x=1.wav") == "/calls/what?x=1.wav"


def test_a_storage_is_searched_and_fetched_like_a_disk() -> None:
    files = fsspec.filesystem("memory")
    try:
        for name in ("b.wav", "a/1.wav", "a/1.meta.json", "a-b/2.wav", ".x/3.wav"):
            files.pipe(f"/night/{name}", name.encode())
        found = list(Search(["memory://night"], settle_s=0.0))
        assert [one.location for one in found] == [
            f"memory://night/{name}" for name in ("a-b/2.wav", "a/1.wav", "b.wav")
        ]
        assert [one.size for one in found] == [9, 7, 5]
        with fetched("memory://night/a/1.wav") as file:
            assert (file.name, file.read_text()) == ("1.wav", "a/1.wav")
            assert file.with_name("1.meta.json").read_text() == "a/1.meta.json"
        assert not file.parent.exists()
        assert digest("memory://night/b.wav") == hashlib.sha256(b"b.wav").hexdigest()
        (pattern,) = Search(["memory://night/*/1.wav"], settle_s=0.0)
        assert pattern == found[1]
        files.pipe("/night/b.wav", b"another")
        assert not is_unchanged(found[2])
        files.rm("/night/b.wav")
        with pytest.raises(UnreadableAudio, match="no such file"), fetched("memory://night/b.wav"):
            pass
    finally:
        files.rm("/night", recursive=True)


def test_copies_of_a_process_that_was_killed_are_removed(tmp_path: Path) -> None:
    code = (
        "import fsspec, os, sys\n"
        "from pathlib import Path\n"
        "from callaudit.batch.sources import fetched\n"
        "fsspec.filesystem('memory').pipe('/k/1.wav', b'voice')\n"
        "with fetched('memory://k/1.wav', folder=Path(sys.argv[1])) as file:\n"
        "    os.utime(file.parent, (1, 1))\n"
        "    if sys.argv[2] == 'die':\n"
        "        os.kill(os.getpid(), 9)\n"
        "    print(sorted(p.name for p in Path(sys.argv[1]).iterdir()) == [file.parent.name])\n"
    )
    run = [sys.executable, "-c", code, str(tmp_path)]
    died = subprocess.run([*run, "die"], check=False)
    assert died.returncode == -9
    (left,) = tmp_path.iterdir()
    assert (left / "1.wav").read_bytes() == b"voice"
    lived = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), "live"], capture_output=True, text=True, check=True
    )
    assert lived.stdout.strip() == "True"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_hundred_thousand_files_take_the_memory_of_one_folder(tmp_path: Path) -> None:
    for day in range(100):
        folder = tmp_path / f"{day:02}"
        folder.mkdir()
        for k in range(1000):
            (folder / f"{k:04}.wav").touch()
    code = (  # in a process of its own: the table of interned names of this one may grow by more than is measured
        "import sys, tracemalloc; from callaudit.batch.sources import Search; tracemalloc.start(); "
        "print(sum(1 for _ in Search([sys.argv[1]], settle_s=0.0)), tracemalloc.get_traced_memory()[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    n, peak = map(int, done.stdout.split())
    assert n == 100_000
    assert peak < 4e6
