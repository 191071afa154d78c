"""Documents at rest: unreadable without the key, and the same with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from callaudit.config import StoreConfig
from callaudit.errors import StoreError
from callaudit.records import Audit, PastCall
from callaudit.reports.json import audit_document, dumped
from callaudit.store.crypt import MARK, OPEN, new_key, vault_of
from callaudit.store.database import configured_store, open_store
from callaudit.store.entries import entries_of
from callaudit.store.rekey import UNKNOWN, is_renamed, rekey
from callaudit.store.tables import AskedRow, AuditDocument, CallDocument, PastRow
from tests.store.calls import FIRST, entry, judged, recording
from tests.store.conftest import NOW

CUSTOMER = "+8613800001234"
PAST = PastCall(recording(1), "/calls/1.wav", "inbound", FIRST, 60.0, "a1", customer=CUSTOMER)


def test_a_sealed_document_opens_with_its_key_alone() -> None:
    key, other = vault_of(new_key()), vault_of(new_key())
    sealed = key.sealed(b"words")
    assert b"words" not in sealed
    assert sealed != key.sealed(b"words")
    assert key.opened(sealed) == b"words"
    assert OPEN.sealed(b"words") == OPEN.opened(b"words") == key.opened(b"words") == b"words"
    with pytest.raises(StoreError, match="another key"):
        other.opened(sealed)
    with pytest.raises(StoreError, match=r"store\.key_env"):
        OPEN.opened(sealed)
    with pytest.raises(StoreError, match="changed or damaged"):
        key.opened(sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_keys_are_told_apart_from_anything_else() -> None:
    for wrong in ("", " , ", "short", new_key()[:-4], "密钥" * 20):
        with pytest.raises(StoreError, match="new-key") as caught:
            vault_of(wrong)
        assert not wrong.strip(" ,") or wrong not in str(caught.value)
    assert "Vault()" in repr(vault_of(new_key()))


def test_an_encrypted_store_holds_no_word_and_gives_every_word_back(tmp_path: Path, audits: list[Audit]) -> None:
    key = new_key()
    with open_store(tmp_path / "calls.db", key=key) as store:
        call_id = store.save(entries_of(audits[1], hearing="h", judging="j"), now=NOW)
        assert dumped(store.document(call_id)) == dumped(audit_document(audits[1]))
        with store.session(write=False) as session:
            for kept in (
                session.scalars(select(CallDocument.document)).one(),
                session.scalars(select(AuditDocument.document)).one(),
            ):
                assert kept.startswith(MARK)
    with open_store(tmp_path / "calls.db", key=f"{new_key()},{key}") as store:
        assert dumped(store.document(call_id)) == dumped(audit_document(audits[1]))


def test_a_wrong_or_missing_key_is_told_before_any_work(url: str) -> None:
    with open_store(url, key=new_key()) as store:
        store.save(entry(1, judged()), now=NOW)
    with pytest.raises(StoreError, match="another key"):
        open_store(url, key=new_key())
    with pytest.raises(StoreError, match=r"store\.key_env"):
        open_store(url)
    open_store(url, documents=False).close()  # whoever reads no document needs no key


def test_the_key_comes_from_the_variable_that_the_settings_name(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = StoreConfig(url=url, key_env="CALLS_KEY")
    monkeypatch.delenv("CALLS_KEY", raising=False)
    with pytest.raises(StoreError, match="CALLS_KEY is not set"):
        configured_store(config)
    monkeypatch.setenv("CALLS_KEY", new_key())
    with configured_store(config) as store:
        assert store.vault.keys


def test_customers_are_found_by_a_name_that_does_not_tell_them(url: str) -> None:
    with open_store(url, key=new_key()) as store:
        store.save(entry(1, judged(past=PAST, asked=((f"customer:{CUSTOMER}", "x"),))), now=NOW)
        with store.session(write=False) as session:
            alias = session.scalars(select(PastRow.customer)).one()
            assert alias is not None
            assert "13800001234" not in alias
            assert alias in store.vault.aliases(CUSTOMER)
            assert session.scalars(select(AskedRow.key)).one() == f"customer:{alias}"


def test_a_change_of_key_brings_every_document_to_the_new_one(new_url: Callable[[], str]) -> None:
    url, first, second = new_url(), new_key(), new_key()
    with open_store(url) as store:  # plain at first
        store.save(entry(1, judged(past=PAST, asked=((f"customer:{CUSTOMER}", "x"),))), now=NOW)
    with open_store(url, key=first) as store:
        store.save(entry(2, judged(past=replace(PAST, id=recording(2)))), now=NOW)
        assert rekey(store) == 3  # those of the first call: heard, judged, known to others
    with open_store(url, key=f"{second},{first}") as store:
        assert rekey(store) == 6
        assert rekey(store) == 0
    with open_store(url, key=second) as store:
        assert [one.id for one in store.each()] == [1, 2]
        assert store.judgement(1) == {"findings": []}
        with store.session(write=False) as session:
            assert set(session.scalars(select(PastRow.customer))) == {store.vault.alias(CUSTOMER)}
            assert session.scalars(select(AskedRow.key)).one() == f"customer:{store.vault.alias(CUSTOMER)}"
            assert session.scalars(select(PastRow.document)).first() is not None


def test_what_was_asked_by_two_names_is_asked_by_one(new_url: Callable[[], str]) -> None:
    """A rescore between a change of keys and the rekey carries over questions by their old names."""
    url, first, second = new_url(), new_key(), new_key()
    with open_store(url, key=first) as store:
        store.save(entry(1, judged(past=PAST, asked=((f"customer:{CUSTOMER}", "old"),))), now=NOW)
    with open_store(url, key=f"{second},{first}") as store:
        with store.session() as session:
            name = f"customer:{store.vault.alias(CUSTOMER)}"
            session.execute(insert(AskedRow).values(audit_id=1, key=name, answer="new"))
        assert not is_renamed(store)
        rekey(store)
        assert is_renamed(store)
        with store.session(write=False) as session:
            assert session.execute(select(AskedRow.key, AskedRow.answer)).all() == [(name, "new")]


def test_questions_about_customers_who_never_called_are_renamed_too(new_url: Callable[[], str]) -> None:
    url, first, second = new_url(), new_key(), new_key()
    asked = ((f"customer:{CUSTOMER}", "x"), ("agent:a1", "y"))
    with open_store(url) as store:  # who asks need not be the customer: a number may be left in a call
        store.save(entry(1, judged(asked=asked)), now=NOW)
    with open_store(url, key=first) as store:
        rekey(store)
        with store.session(write=False) as session:
            wanted = {(f"customer:{store.vault.alias(CUSTOMER)}", "x"), asked[1]}
            assert set(map(tuple, session.execute(select(AskedRow.key, AskedRow.answer)))) == wanted
    with open_store(url, key=f"{second},{first}") as store:
        assert not is_renamed(store)
        rekey(store)
        assert is_renamed(store)
        with store.session(write=False) as session:  # only the hash is known: the question has to be asked again
            answers = {row.key: row.answer for row in session.scalars(select(AskedRow))}
            assert answers.pop("agent:a1") == "y"
            assert list(answers.values()) == [UNKNOWN]


def test_a_damaged_document_is_told(url: str) -> None:
    with open_store(url) as store:
        store.save(entry(1, judged()), now=NOW)
        with store.session() as session:
            session.execute(update(AuditDocument).values(document=b"not compressed"))
        with pytest.raises(StoreError, match="damaged"):
            store.judgement(1)
