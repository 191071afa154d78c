"""What tests of several parts need: a PostgreSQL server of their own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


def _program(name: str) -> str | None:
    """Where a program of the server lies; distributions keep most of them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(found[-1]) if found else shutil.which(name)


class Server:
    """A throw-away PostgreSQL: its data in a temporary folder, its socket and a port on the loopback."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        initdb, self._ctl = _program("initdb"), _program("pg_ctl")
        assert initdb is not None
        assert self._ctl is not None
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.user = "postgres" if os.geteuid() == 0 else getpass.getuser()  # the server refuses to run as root
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        password = folder / "password"
        password.write_text("s3cret-pw\n")
        if os.geteuid() == 0:
            shutil.chown(password, "postgres")
        self._run(initdb, "-D", f"{folder}/data", "-U", "callaudit", "-A", "scram-sha-256", f"--pwfile={password}")
        self._options = f"-p {self.port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off {settings}"
        self.start()

    def url(self, name: str, password: str = "s3cret-pw") -> str:
        return f"postgresql://callaudit:{password}@127.0.0.1:{self.port}/{name}"

    def new_database(self) -> str:
        import psycopg

        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def start(self) -> None:
        self._pg_ctl("start", "-l", f"{self.folder}/log", "-o", self._options)

    def stop(self) -> None:
        self._pg_ctl("stop", "-m", "immediate")

    def _pg_ctl(self, act: str, *rest: str) -> None:
        assert self._ctl is not None
        self._run(self._ctl, act, "-w", "-s", "-D", f"{self.folder}/data", *rest)

    def _run(self, *command: str) -> None:
        become = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        # no pipes: the server would inherit them, and nobody would see them end
        subprocess.run([*become, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def why_no_postgres() -> str | None:
    """Why no server can be started here; None where one can."""
    try:
        import psycopg  # noqa: F401  # only whether it is there
    except ImportError:
        return "psycopg is not installed (the extra postgres)"
    if _program("initdb") is None or _program("pg_ctl") is None:
        return "PostgreSQL is not installed (apt install postgresql)"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return None


@pytest.fixture(scope="session")
def new_server() -> Iterator[Callable[..., Server]]:
    """Starts servers that end with the tests; skips where none can be had."""
    if why := why_no_postgres():
        pytest.skip(why)
    started: list[Server] = []

    def start(settings: str = "") -> Server:
        folder = Path(tempfile.mkdtemp(prefix="callaudit-pg-", dir="/tmp"))  # a socket's path must be short
        started.append(Server(folder, settings))
        return started[-1]

    yield start
    for server in started:
        server.stop()
        shutil.rmtree(server.folder)


@pytest.fixture(scope="session")
def postgres(new_server: Callable[..., Server]) -> Server:
    """A server that all tests share; each takes a database of its own by `new_database()`."""
    return new_server()
