"""Recordings on an SFTP server; paramiko itself plays one, on this machine."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from callaudit.batch import places
from callaudit.batch.sources import Search, Trouble, digest, fetched, is_unchanged
from callaudit.errors import SourceError, UnreadableAudio

paramiko = pytest.importorskip("paramiko", reason="needs callaudit[sftp]")

PASSWORD = "secret-of-nobody"  # of a server that lives for one test


class Door(paramiko.ServerInterface):  # type: ignore[misc, name-defined]  # paramiko ships no types
    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == ("qa", PASSWORD)
        return int(paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def get_allowed_auths(self, username: str) -> str:
        return "password"


def _answer(error: OSError) -> Any:
    return paramiko.SFTPServer.convert_errno(error.errno)


class Shelf(paramiko.SFTPServerInterface):  # type: ignore[misc, name-defined]  # paramiko ships no types
    """The files below `root`, to be read."""

    root: Path

    def _path(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def list_folder(self, path: str) -> Any:
        try:
            rows = []
            for file in self._path(path).iterdir():
                row = paramiko.SFTPAttributes.from_stat(file.stat())
                row.filename = file.name
                rows.append(row)
            return rows
        except OSError as error:
            return _answer(error)

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return _answer(error)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        handle = paramiko.SFTPHandle(flags)
        try:
            handle.readfile = self._path(path).open("rb")
        except OSError as error:
            return _answer(error)
        return handle


class Server:
    """Serves a folder until closed; `hang_up` cuts every connection, as a network does."""

    def __init__(self, root: Path) -> None:
        self.shelf = type("OwnShelf", (Shelf,), {"root": root})
        self.key = paramiko.RSAKey.generate(2048)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lines: list[Any] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                line = paramiko.Transport(connection)
                line.add_server_key(self.key)
                line.set_subsystem_handler("sftp", paramiko.SFTPServer, self.shelf)
                self.lines.append(line)
                with suppress(paramiko.SSHException, EOFError):
                    line.start_server(server=Door())

    def hang_up(self) -> None:
        for line in self.lines:
            line.close()

    def close(self) -> None:
        with suppress(OSError):  # closed already
            self.listener.shutdown(socket.SHUT_RDWR)  # or accept() in the other thread would keep it open
        self.listener.close()
        self.hang_up()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    from fsspec.config import conf
    from fsspec.implementations.sftp import SFTPFileSystem

    running = Server(tmp_path)
    monkeypatch.setitem(conf, "sftp", {"password": PASSWORD, "look_for_keys": False, "allow_agent": False})
    monkeypatch.setattr(places, "FIRST_WAIT_S", 0.01)
    SFTPFileSystem.clear_instance_cache()
    yield running
    SFTPFileSystem.clear_instance_cache()
    running.close()


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
        os.utime(folder / name, (1_700_000_000,) * 2)


def test_a_server_is_searched_and_fetched_from(server: Server, tmp_path: Path) -> None:
    put(tmp_path, "calls/b.wav", "calls/a/通话 1.wav", "calls/a/通话 1.meta.json", "calls/.x/2.wav")
    root = f"sftp://qa@127.0.0.1:{server.port}/calls"
    found = list(Search([root]))
    assert [one.location for one in found] == [f"{root}/a/通话 1.wav", f"{root}/b.wav"]
    assert found[1].modified_at is not None
    assert found[1].modified_at.timestamp() == 1_700_000_000
    with fetched(found[0].location) as file:
        assert (file.name, file.read_text()) == ("通话 1.wav", "calls/a/通话 1.wav")
        assert file.with_name("通话 1.meta.json").exists()
    assert len(digest(found[1].location)) == 64
    assert is_unchanged(found[1])
    (tmp_path / "calls" / "b.wav").write_text("longer than before")
    assert not is_unchanged(found[1])
    with pytest.raises(UnreadableAudio, match="no such file"):
        digest(f"{root}/none.wav")


def test_a_line_that_was_cut_is_made_again(server: Server, tmp_path: Path) -> None:
    put(tmp_path, "1.wav")
    location = f"sftp://qa@127.0.0.1:{server.port}/1.wav"
    before = digest(location)
    server.hang_up()
    assert digest(location) == before
    server.hang_up()
    with fetched(location) as file:
        assert file.read_text() == "1.wav"


def test_a_server_that_is_gone_is_told_without_secrets(server: Server, tmp_path: Path) -> None:
    put(tmp_path, "1.wav")
    location = f"sftp://qa@127.0.0.1:{server.port}/1.wav"
    digest(location)
    server.close()
    with pytest.raises(SourceError, match="did not answer") as caught:
        digest(location)
    assert PASSWORD not in str(caught.value)
    (tmp_path / "here").mkdir()
    put(tmp_path, "here/2.wav")
    told: list[Trouble] = []
    search = Search([f"sftp://qa@127.0.0.1:{server.port}/", str(tmp_path / "here")], tell=told.append)
    assert [one.location for one in search] == [f"{tmp_path}/here/2.wav"]  # the other source is had all the same
    assert "did not answer" in told[0].why
