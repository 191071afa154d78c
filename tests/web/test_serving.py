"""`callaudit review` and `callaudit accounts`, as they are started."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from click.testing import CliRunner, Result

from callaudit.cli import root
from callaudit.config import OidcConfig
from callaudit.desk import accounts
from callaudit.errors import ConfigError
from callaudit.store.database import open_store
from callaudit.web import bundle, serving
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from tests.web.calls import PASSWORD
from tests.web.conftest import browser

built = pytest.mark.skipif(not bundle.is_fresh(), reason=f"the pages' script is not built: {bundle.COMMAND}")


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(root, [*arguments], input=given)


def changed(desk: Desk, **review: Any) -> Desk:
    return replace(desk, config=replace(desk.config, review=replace(desk.config.review, **review)))


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_accounts_are_made_listed_changed_and_disabled(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "calls.db"))
    made = run("accounts", "add", "Boss", "--role", "admin", "--stdin", "--own", *store, given=PASSWORD + "\n")
    assert (made.exit_code, made.output) == (0, "boss: admin\n")
    generated = run("accounts", "add", "kim", "--role", "agent", "--agent-id", "3052", "--generate", *store)
    shown = re.search(r"shown once\): (\S{20,})\n", generated.output)
    assert shown is not None
    run("accounts", "add", "lin", "--role", "lead", "--sso", *store)
    assert run("accounts", "role", "lin", "reviewer", *store).output == "lin: reviewer\n"
    assert run("accounts", "disable", "lin", *store).exit_code == 0
    table = run("accounts", "list", *store).output
    assert re.search(r"boss +admin", table)
    assert re.search(r"kim +agent +3052 .*must change password", table)
    assert re.search(r"lin +reviewer .*sso +disabled", table)
    assert run("accounts", "enable", "lin", *store).exit_code == 0
    assert run("accounts", "password", "kim", "--stdin", *store, given="another good password\n").exit_code == 0
    with open_store(tmp_path / "calls.db") as opened:
        now = Desk(opened).clock()
        assert accounts.proven(opened, "boss", PASSWORD, now=now) is not None
        assert accounts.proven(opened, "kim", shown[1], now=now) is None
        assert accounts.proven(opened, "kim", "another good password", now=now) is not None
    log = run("store", "access-log", *store, "--format", "csv").output
    assert log.count("make account") == 3
    assert PASSWORD not in log + table


def test_a_password_is_never_on_the_command_line(tmp_path: Path) -> None:
    store = ("--store", str(tmp_path / "calls.db"))
    assert "--password" not in run("accounts", "add", "--help").output
    refused = run("accounts", "add", "boss", "--role", "admin", *store)
    assert refused.exit_code == 2
    assert "--stdin" in refused.output
    both = run("accounts", "add", "boss", "--role", "admin", "--stdin", "--generate", *store)
    assert both.exit_code == 2


# ── where it listens ─────────────────────────────────────────────────────────────────────────────────────────────
def test_it_does_not_listen_to_others_while_nobody_has_an_account(tmp_path: Path, desk: Desk) -> None:
    with open_store(tmp_path / "new.db") as store:
        empty = Desk(store)
        for host in ("0.0.0.0", "192.0.2.1", "::", "desk.example.com"):
            with pytest.raises(ConfigError, match=r"refusing to listen on .*callaudit accounts add"):
                serving.check(changed(empty, host=host))
        (told,) = serving.check(empty)
        assert "callaudit accounts add NAME --role admin" in told
    assert serving.check(desk) == []


def test_who_signs_in_elsewhere_needs_no_account_here(tmp_path: Path) -> None:
    pytest.importorskip("authlib", reason="the extra oidc is not installed")
    sso = OidcConfig(issuer="https://id.example", client_id="x")
    with open_store(tmp_path / "new.db") as store:
        assert serving.check(changed(Desk(store), host="0.0.0.0", oidc=sso, trusted_proxies=("192.0.2.9",))) == []


def test_a_path_that_is_mistyped_makes_no_store(tmp_path: Path) -> None:
    told = run("review", "--store", str(tmp_path / "cals.db"))
    assert told.exit_code != 0
    assert "there is no such store" in str(told.exception)
    assert not list(tmp_path.iterdir())


def test_it_warns_where_there_is_no_https(desk: Desk, tmp_path: Path) -> None:
    (told,) = serving.check(changed(desk, host="0.0.0.0"))
    assert "nobody can sign in from another machine" in told
    (told,) = serving.check(changed(desk, host="0.0.0.0", plain_http=True))
    assert "unprotected" in told
    with pytest.raises(ConfigError, match="both"):
        serving.check(changed(desk, tls_cert="x.pem"))
    with pytest.raises(ConfigError, match="no such file"):
        serving.check(changed(desk, tls_cert=str(tmp_path / "x"), tls_key=str(tmp_path / "y")))


def test_a_port_that_is_taken_is_told() -> None:
    with serving.listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert port > 0
        with pytest.raises(ConfigError, match=f"port {port} is taken"):
            serving.listen("127.0.0.1", port)
    with pytest.raises(ConfigError, match="no address of this machine"):
        serving.listen("192.0.2.1", 0)
    with pytest.raises(ConfigError, match="no such address"):
        serving.listen("no such host", 0)


def test_the_address_is_one_to_click(desk: Desk) -> None:
    with serving.listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        review = replace(desk.config.review, root_path="/qa", tls_cert="x")
        assert serving.address_of(desk.config.review, listening) == f"http://127.0.0.1:{port}/"
        assert serving.address_of(review, listening) == f"https://127.0.0.1:{port}/qa/"
        everywhere = replace(desk.config.review, host="0.0.0.0")
        assert serving.address_of(everywhere, listening) == f"http://{socket.gethostname()}:{port}/"


# ── behind a proxy ───────────────────────────────────────────────────────────────────────────────────────────────
def test_below_a_path_every_address_of_ours_has_it(desk: Desk) -> None:
    below = changed(desk, root_path="/qa")
    nobody = browser(make_app(below), below, root_path="/qa")
    assert nobody.get("/qa/me", follow_redirects=False).headers["location"] == "/qa/sign-in?next=%2Fme"
    admin = browser(make_app(below), below, "admin", root_path="/qa")
    assert admin.post("/qa/sign-out", follow_redirects=False).headers["location"] == "/qa/sign-in"
    admin = browser(make_app(below), below, "admin", root_path="/qa")
    for path in ("/qa/", "/qa/me", "/qa/accounts"):
        page = admin.get(path)
        assert page.status_code == 200
        strays = re.findall(r'(?:href|src|action|hx-get|hx-post|formaction)="(/(?!qa/)[^"]*)"', page.text)
        assert strays == [], path


@pytest.mark.parametrize(
    "path", sorted((Path(serving.__file__).parent / "templates").rglob("*.j2")), ids=lambda p: p.name
)
def test_no_template_names_an_address_without_what_precedes_it(path: Path) -> None:
    strays = re.findall(r'(?:href|src|action|hx-\w+|formaction)="/[^"]*"', path.read_text())
    assert strays == [], "write {{ root }} before it"


# ── the whole program ────────────────────────────────────────────────────────────────────────────────────────────
PROGRAM = [sys.executable, "-c", "from callaudit.cli import main; main()", "review", "--port", "0"]
WITHIN_S = 120.0


@contextmanager
def started(desk: Desk, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The desk as a program, listening at the port; nothing of it outlives the test."""
    with subprocess.Popen(
        [*PROGRAM, "--store", str(desk.store.path), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}, start_new_session=True,
    ) as running:  # fmt: skip
        guard = threading.Timer(WITHIN_S, os.killpg, (running.pid, signal.SIGKILL))
        guard.start()
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            assert address is not None, line + running.communicate()[1]
            yield running, int(address[1])
        finally:
            guard.cancel()
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


@built
def test_it_serves_and_ends_when_it_is_told_to(desk: Desk) -> None:
    with started(desk) as (running, port):
        assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=60).text == '{"status":"ok"}'
        path = "/calls/1?text=13800001234"
        answer = httpx2.get(f"http://127.0.0.1:{port}{path}", headers={"Accept": "text/html"})
        assert answer.status_code == 303
        assert "server" not in answer.headers
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate()
    assert running.returncode in (0, -signal.SIGTERM)
    assert '"path": "/calls/1"' in said
    assert "13800001234" not in said
    assert "Traceback" not in said


@built
def test_ctrl_c_ends_it_without_a_word(desk: Desk) -> None:
    with started(desk) as (running, port):
        assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=60).status_code == 200
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate()
    assert (running.returncode, said) == (0, "")


@pytest.mark.slow
@built
@pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals that Windows does not have")
def test_several_processes_serve_one_desk_and_count_tries_together(desk: Desk) -> None:
    with started(desk, "--workers", "2") as (running, port):
        one, other = _servers(running, port, 2)
        assert [_tries(port, stopped=one) for _ in range(3)] == [401] * 3
        assert [_tries(port, stopped=other) for _ in range(3)] == [401, 401, 429]
        everybody = psutil.Process(running.pid).children(recursive=True)
        assert len(everybody) >= 3, "two that serve and one that keeps what they share"
        running.kill()
        _, left = psutil.wait_procs(everybody, timeout=30)
        assert left == [], "none outlives the one that began them"


@pytest.mark.slow
@built
@pytest.mark.skipif(sys.platform == "win32", reason="ends processes by signals that Windows does not have")
def test_a_process_that_dies_is_replaced_and_all_end_when_told_to(desk: Desk) -> None:
    with started(desk, "--workers", "2") as (running, port):
        one, other = _servers(running, port, 2)
        one.kill()
        replaced = _servers(running, port, 2, without=one)
        assert other in replaced
        assert httpx2.get(f"http://127.0.0.1:{port}/health", timeout=60).status_code == 200
        everybody = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate()
        _, left = psutil.wait_procs(everybody, timeout=30)
    assert running.returncode == 0
    assert left == []
    assert "Traceback" not in said


def _servers(running: subprocess.Popen[str], port: int, n: int, without: psutil.Process | None = None) -> Any:
    """The processes that take connections, once there are so many."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        children = [one for one in psutil.Process(running.pid).children() if one != without]
        found = [one for one in children if _listens(one, port)]
        if len(found) == n:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{n} processes were to listen; these run: {children}")


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in process.net_connections())
    except psutil.Error:
        return False


def _tries(port: int, stopped: psutil.Process) -> int:
    """What a wrong password is answered while one process cannot answer."""
    stopped.suspend()
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as visitor:
            token = re.search(r'name="csrf" value="(\w+)"', visitor.get("/sign-in").text)
            assert token is not None
            data = {"csrf": token[1], "name": "lead", "password": "wrong"}
            return visitor.post("/sign-in", data=data).status_code
    finally:
        stopped.resume()
