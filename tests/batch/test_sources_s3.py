"""Recordings in an S3 bucket, as moto's server plays one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from callaudit.batch import places
from callaudit.batch.sources import Search, Trouble, digest, fetched, is_unchanged
from callaudit.errors import ConfigError, SourceError, UnreadableAudio

pytest.importorskip("s3fs", reason="needs callaudit[s3]")
server = pytest.importorskip("moto.server", reason="needs moto[server]")

KEY = "AKIAOFNOBODY"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A client of a bucket named night, found by the environment as a user would set it."""
    import boto3
    import s3fs

    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": "secret-of-nobody",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    client = boto3.client("s3")
    client.create_bucket(Bucket="night")
    yield client
    s3fs.S3FileSystem.clear_instance_cache()
    running.stop()


def put(client: object, *names: str) -> None:
    for name in names:
        client.put_object(Bucket="night", Key=name, Body=name.encode())  # type: ignore[attr-defined]  # boto3 is untyped


def test_a_bucket_is_searched_fetched_and_looked_at_again(bucket: object) -> None:
    put(
        bucket,
        "d/",
        "d/2.wav",
        "d/1 (通话)+%20.wav",
        "d/1 (通话)+%20.meta.json",
        "d/x/3.mp3",
        "d-/4.wav",
        "d/notes.pdf",
    )
    search = Search(["s3://night/d/", "s3://night"], settle_s=0.0)
    found = list(search)
    assert [one.location for one in found] == [
        "s3://night/d-/4.wav",
        "s3://night/d/1 (通话)+%20.wav",
        "s3://night/d/2.wav",
        "s3://night/d/x/3.mp3",
    ]
    assert (search.n_found, search.n_troubles) == (4, 0)
    assert all(one.etag and one.modified_at for one in found)
    with fetched(found[1].location) as file:
        assert (file.name, file.read_text()) == ("1 (通话)+%20.wav", "d/1 (通话)+%20.wav")
        assert sorted(path.suffix for path in file.parent.iterdir() if path.suffix) == [".json", ".wav"]
    assert not file.parent.exists()
    assert digest(found[2].location) == hashlib.sha256(b"d/2.wav").hexdigest()
    put(bucket, "d/5.wav")
    assert len(list(search)) == 5  # no old listing
    assert is_unchanged(found[2])
    bucket.put_object(Bucket="night", Key="d/2.wav", Body=b"d/3.wav")  # type: ignore[attr-defined]  # the same size
    assert not is_unchanged(found[2])


def test_patterns_and_lists_work_in_a_bucket(bucket: object) -> None:
    put(bucket, "11-20/1.wav", "11-21/2.wav", "12-01/3.wav")
    bucket.put_object(Bucket="night", Key="list.txt", Body=b"12-01/3.wav\ns3://night/11-20/1.wav\nnone.wav\n")  # type: ignore[attr-defined]  # untyped
    assert [one.size for one in Search(["s3://night/11-*/*.wav"], settle_s=0.0)] == [11, 11]
    told: list[Trouble] = []
    search = Search(["s3://night/list.txt"], settle_s=0.0, tell=told.append)
    assert [one.location for one in search] == ["s3://night/11-20/1.wav", "s3://night/12-01/3.wav"]
    assert [one.location for one in told] == ["s3://night/none.wav"]


def test_what_is_not_there_and_what_does_not_answer_are_told_apart(
    bucket: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "1.wav")
    with pytest.raises(UnreadableAudio, match=r"s3://night/2\.wav: no such file"), fetched("s3://night/2.wav"):
        pass
    search = Search(["s3://nosuchbucket/x"])
    assert list(search) == []
    assert search.n_troubles == 1
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(places, "FIRST_WAIT_S", 0.01)
    with pytest.raises(SourceError, match=r"s3://night/1\.wav: the storage did not answer") as caught:
        digest("s3://night/1.wav")
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_copy_that_is_cut_short_is_made_again(bucket: object, monkeypatch: pytest.MonkeyPatch) -> None:
    import s3fs

    put(bucket, "1.wav")
    whole, n_tries = s3fs.S3FileSystem.get_file, []

    def cut(self: object, path: str, file: str, **options: object) -> None:
        n_tries.append(path)
        if path.endswith("1.wav") and n_tries.count(path) < 3:
            Path(file).write_bytes(b"1.w")
        else:
            whole(self, path, file, **options)

    monkeypatch.setattr(places, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(s3fs.S3FileSystem, "get_file", cut)
    with fetched("s3://night/1.wav") as file:
        assert file.read_text() == "1.wav"
    assert n_tries.count("night/1.wav") == 3


def test_keys_in_a_url_are_refused(bucket: object) -> None:
    with pytest.raises(ConfigError, match="holds a password") as caught:
        list(Search([f"s3://{KEY}:secret-of-nobody@night/"]))
    assert KEY not in str(caught.value)
