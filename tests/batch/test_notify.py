"""Who is told of a night, of what, and what happens where telling fails; against a server of our own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from callaudit.batch.figures import Summary
from callaudit.batch.notify import addresses, message, send
from callaudit.batch.summary import figures
from callaudit.config import NotifyConfig, load_config
from callaudit.errors import ConfigError
from callaudit.store.database import open_store
from tests.batch.night import QUOTE, Heard, fill

pytest.importorskip("apprise")

ALWAYS = NotifyConfig(urls_env="TOLD", on="always")


@pytest.fixture
def night(tmp_path: Path) -> Summary:
    with open_store(tmp_path / "s.sqlite") as store:
        heard = [Heard("fail", 20.0, ("calm",), agent_id="8001", agent_name="王芳", path="/calls/13800138000.wav")]
        return figures(store, fill(store, heard))


class Inbox:
    """A server that keeps what it is sent and answers with `status`."""

    def __init__(self) -> None:
        inbox, self.posts, self.status = self, list[dict[str, Any]](), 200

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                inbox.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(inbox.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://user:secret@127.0.0.1:{self.server.server_address[1]}/"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.05,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_the_message_has_counts_and_no_names_files_or_words(night: Summary, inbox: Inbox) -> None:
    assert send(message(night), (inbox.url,), ALWAYS) == ()
    (post,) = inbox.posts
    assert "通话 1 通" in post["message"]
    assert "不合格 1" in post["message"]
    assert "不发火（1）" in post["message"]
    assert post["attachments"] == []
    for private in ("王芳", "8001", "13800138000", QUOTE):
        assert private not in json.dumps(post, ensure_ascii=False)


def test_a_night_without_failures_is_told_only_to_those_who_always_ask(night: Summary, inbox: Inbox) -> None:
    on_failure = replace(ALWAYS, on="failure")
    assert send(message(night), (inbox.url,), on_failure) == ()
    assert inbox.posts == []
    for bad in (
        replace(night, failures=(("TimedOut", 1),)),
        replace(night, n_later=1),
        replace(night, n_incomplete=1),
        replace(night, stopped="SIGTERM"),
    ):
        assert send(message(bad), (inbox.url,), on_failure) == ()
    assert [post["type"] for post in inbox.posts] == ["warning"] * 4


def test_the_workbook_goes_along_only_when_asked_for(night: Summary, inbox: Inbox, tmp_path: Path) -> None:
    workbook = tmp_path / "summary.xlsx"
    workbook.write_bytes(b"PK")
    send(message(night), (inbox.url,), ALWAYS, workbook)
    send(message(night), (inbox.url,), replace(ALWAYS, attach=True), workbook)
    send(message(night), (inbox.url,), replace(ALWAYS, attach=True), tmp_path / "gone.xlsx")
    assert [[one["filename"] for one in post["attachments"]] for post in inbox.posts] == [[], ["summary.xlsx"], []]


def test_what_cannot_be_sent_is_told_without_the_password(night: Summary, inbox: Inbox) -> None:
    inbox.status = 500
    faults = send(message(night), (inbox.url, "json://user:secret@127.0.0.1:9/", "nonsense://secret"), ALWAYS)
    assert len(faults) == 3
    assert "address 1" in faults[0]
    assert not any("secret" in fault for fault in faults)


def test_one_address_that_fails_keeps_no_other_from_being_told(night: Summary, inbox: Inbox) -> None:
    faults = send(message(night), ("json://127.0.0.1:9/", inbox.url), ALWAYS)
    assert [fault[:36] for fault in faults] == ["the notification to address 1 (json)"]
    assert len(inbox.posts) == 1


def test_addresses_come_from_the_environment_alone(tmp_path: Path) -> None:
    assert addresses(NotifyConfig()) == ()
    assert addresses(ALWAYS, {"TOLD": " json://a  mailto://b\n"}) == ("json://a", "mailto://b")
    with pytest.raises(ConfigError, match="'TOLD' is empty"):
        addresses(ALWAYS, {})
    (tmp_path / "c.toml").write_text('[notify]\nurls_env = "TOLD"\non = "always"\nattach = true\n')
    assert load_config(tmp_path / "c.toml").notify == replace(ALWAYS, attach=True)
    (tmp_path / "d.toml").write_text('[notify]\nurls = "json://a"\n')
    with pytest.raises(ConfigError, match="did you mean 'urls_env'"):
        load_config(tmp_path / "d.toml")
