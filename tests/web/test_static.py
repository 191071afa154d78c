"""Script and style: named after their content, kept for good, packed; nothing but what was bundled."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from callaudit.errors import ConfigError
from callaudit.web import bundle
from callaudit.web.statics import check, statics
from tests.web.conftest import Browser

built = pytest.mark.skipif(bundle.made() is None, reason=f"script and style are not built: {bundle.COMMAND}")


@built
def test_a_file_is_kept_for_good_and_sent_packed(client: Callable[..., Browser]) -> None:
    name = statics().address("app.js")
    assert re.fullmatch(r"/static/app-\w{8}\.js", name)
    answer = client().get(name)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = client().get(name, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    again = client().get(name, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@built
@pytest.mark.parametrize("name", ["manifest.json", "app.js", "..%2f..%2fbundle.py", "%2fetc%2fpasswd"])
def test_nothing_else_is_sent(name: str, client: Callable[..., Browser]) -> None:
    assert client("lead").get(f"/static/{name}").status_code == 404


@built
def test_what_others_wrote_comes_with_its_licence() -> None:
    notices = gzip.decompress(statics().files[bundle.NOTICES].packed).decode()
    for name, version in json.loads((bundle.HERE / "package.json").read_text())["dependencies"].items():
        assert f"{name} {version}" in notices


@built
def test_pages_carry_little() -> None:
    """Packed, as the browser gets it once: script below 30 kB, style below 12."""
    sizes = {name: len(statics().files[file].packed) for name, file in statics().names.items()}
    assert sizes["app.js"] < 30_000
    assert sizes["desk.css"] + sizes["dark.css"] < 12_000


def test_the_lock_names_hashes_and_no_host() -> None:
    lock = (bundle.HERE / "package-lock.json").read_text()
    packages = {name: told for name, told in json.loads(lock)["packages"].items() if name}
    assert packages
    assert all(told["integrity"].startswith("sha512-") for told in packages.values())
    assert "://" not in lock


def test_what_is_not_built_is_said_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"are not built; make them by: {bundle.COMMAND}")):
        check(tmp_path)


def test_a_page_is_sent_packed_and_its_token_is_another_each_time(client: Callable[..., Browser]) -> None:
    browser = client("lead")
    answers = [browser.get("/nowhere") for _ in range(2)]
    tokens = {re.findall(r'name="csrf" value="(\w+)"', answer.text)[0] for answer in answers}
    assert {answer.headers["content-encoding"] for answer in answers} == {"gzip"}
    assert len(tokens) == 2
    plain = browser.get("/nowhere", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    del browser.headers["X-CSRF-Token"]
    for token in sorted(tokens):
        assert browser.post("/look", data={"csrf": token, "theme": "dark"}, follow_redirects=False).status_code == 303
    assert browser.post("/look", data={"csrf": "0" * 128, "theme": "dark"}).status_code == 403
