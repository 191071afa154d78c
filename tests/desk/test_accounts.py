"""Accounts, passwords, sign-ins and tokens, on both databases where these may differ."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from callaudit.desk import accounts, passwords, sign_ins, tokens
from callaudit.desk.people import ROLES, User
from callaudit.errors import DeskError, NotAllowed, NotThere
from callaudit.store.database import Store, open_store
from callaudit.store.desk_tables import UserRow
from callaudit.store.tables import AccessRow

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
GOOD = "four plain words suffice"
IDLE = timedelta(hours=8)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "calls.db") as opened:
        yield opened


def make(store: Store, name: str = "boss", role: accounts.Role = "admin", password: str | None = GOOD) -> User:
    with store.session() as session:
        accounts.make(session, "test", name, role, now=NOW, password=password, agent_id="1")
        return accounts.named(session, name)


# ── names and passwords ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("given", "name"), [("  Boss ", "boss"), ("ＢＯＳＳ", "boss"), ("王芳", "王芳"), ("a.b_c-d+e@f", "a.b_c-d+e@f")]
)
def test_a_name_is_the_same_however_it_is_typed(given: str, name: str) -> None:
    assert accounts.plain_name(given) == name


@pytest.mark.parametrize("given", ["", " ", "a b", "a/b", "<b>", "x" * 65, "a\nb", "a\0b"])
def test_what_is_no_name_is_refused(given: str) -> None:
    with pytest.raises(DeskError, match="a name is"):
        accounts.plain_name(given)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("x" * 3 + "yzabcdef", "too short"),
        ("a long one " * 30, "too long"),
        ("Password123456", "tried first"),
        ("aaaaaaaaaaaaaaaa", "tried first"),
        ("123456789012", "tried first"),
        ("my name is boss!", "holds the name"),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str, why: str) -> None:
    with pytest.raises(DeskError, match=why):
        passwords.check_new(password, "boss")


@pytest.mark.parametrize(
    "password", ["x" * 7 + "yzabc", "我爱北京天安门上太阳升起", "correct horse battery", passwords.new_password()]
)
def test_length_is_what_counts(password: str) -> None:
    passwords.check_new(password, "boss")


def test_only_the_right_password_proves_an_account(store: Store) -> None:
    boss = make(store)
    assert accounts.proven(store, " BOSS ", GOOD, now=NOW) == boss
    assert accounts.proven(store, "boss", GOOD + "!", now=NOW) is None
    assert accounts.proven(store, "nobody", GOOD, now=NOW) is None
    assert accounts.proven(store, "no name at all", GOOD, now=NOW) is None


def test_an_account_without_a_password_is_proven_by_none(store: Store) -> None:
    make(store, password=None)
    for password in ("", GOOD, "None"):
        assert accounts.proven(store, "boss", password, now=NOW) is None


def test_a_password_is_hashed_anew_when_the_parameters_are_others(store: Store) -> None:
    make(store)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    with store.session() as session:
        session.execute(update(UserRow).values(password=weak))
    assert passwords.is_dated(weak)
    assert accounts.proven(store, "boss", GOOD, now=NOW) is not None
    kept = store.transact(lambda s: s.scalar(select(UserRow.password)), write=False)
    assert kept.startswith("$argon2id$")
    assert not passwords.is_dated(kept)
    assert accounts.proven(store, "boss", GOOD, now=NOW) is not None


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_name_is_taken_once(store: Store) -> None:
    make(store)
    with pytest.raises(DeskError, match="there is an account of that name"):
        make(store, "ＢＯＳＳ", "lead")


def test_an_agents_account_needs_the_agent(store: Store) -> None:
    with store.session() as session, pytest.raises(DeskError, match="needs the agent id"):
        accounts.make(session, "test", "kim", "agent", now=NOW, agent_id="  ")


def test_the_last_admin_stays(store: Store) -> None:
    boss = make(store)
    with store.session() as session:
        with pytest.raises(DeskError, match="last admin"):
            accounts.disable(session, "test", boss.id, now=NOW)
        with pytest.raises(DeskError, match="last admin"):
            accounts.set_role(session, "test", boss.id, "lead", agent_id=None, now=NOW)
    second = make(store, "second")
    with store.session() as session:
        accounts.disable(session, "test", boss.id, now=NOW)
        with pytest.raises(DeskError, match="last admin"):
            accounts.disable(session, "test", second.id, now=NOW)
        accounts.enable(session, "test", boss.id, now=NOW)
        accounts.set_role(session, "test", second.id, "lead", agent_id=None, now=NOW)


def test_a_disabled_account_opens_nothing(store: Store) -> None:
    make(store)
    lead = make(store, "lena", "lead")
    with store.session() as session:
        secret = sign_ins.begin(session, lead.id, now=NOW, days=7)
        token = tokens.make(session, lead, "etl", may_write=True, days=None, now=NOW)
        accounts.disable(session, "test", lead.id, now=NOW)
    with store.session() as session:
        assert sign_ins.signed_in(session, secret, now=NOW, idle=IDLE) is None
        assert tokens.bearer(session, token, now=NOW) is None
    assert accounts.proven(store, "lena", GOOD, now=NOW) is None
    with store.session() as session:
        accounts.enable(session, "test", lead.id, now=NOW)
        assert sign_ins.signed_in(session, secret, now=NOW, idle=IDLE) is None, "what ended stays ended"
        assert tokens.bearer(session, token, now=NOW) is None


def test_a_password_that_another_sets_must_be_changed_and_ends_sign_ins(store: Store) -> None:
    boss = make(store)
    with store.session() as session:
        old = sign_ins.begin(session, boss.id, now=NOW, days=7)
        accounts.set_password(session, "test", boss.id, "another good password", now=NOW)
        assert sign_ins.signed_in(session, old, now=NOW, idle=IDLE) is None
        new = sign_ins.begin(session, boss.id, now=NOW, days=7)
        found = sign_ins.signed_in(session, new, now=NOW, idle=IDLE)
        assert found is not None
        assert found.must_change
        other = sign_ins.begin(session, boss.id, now=NOW, days=7)
    accounts.change_password(store, boss, "another good password", GOOD, now=NOW, but=sign_ins.digest_of(new))
    with store.session() as session:
        found = sign_ins.signed_in(session, new, now=NOW, idle=IDLE)
        assert found is not None
        assert not found.must_change
        assert sign_ins.signed_in(session, other, now=NOW, idle=IDLE) is None


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [("wrong", "another good password", "not right"), (GOOD, GOOD, "is the present one"), (GOOD, "short", "too short")],
)
def test_a_change_of_password_is_refused(store: Store, old: str, new: str, why: str) -> None:
    boss = make(store)
    with pytest.raises(DeskError, match=why):
        accounts.change_password(store, boss, old, new, now=NOW)
    assert accounts.proven(store, "boss", GOOD, now=NOW) is not None


def test_every_change_is_in_the_trail_and_no_password(store: Store) -> None:
    boss = make(store)
    kim = make(store, "kim", "agent")
    with store.session() as session:
        accounts.set_role(session, boss, kim.id, "reviewer", agent_id=None, now=NOW)
        accounts.set_password(session, boss, kim.id, "another good password", now=NOW)
        accounts.disable(session, boss, kim.id, now=NOW)
        accounts.enable(session, boss, kim.id, now=NOW)
        tokens.make(session, boss, "etl", may_write=False, days=1, now=NOW)
    accounts.note_failure(store, "KIM", now=NOW)
    accounts.note_failure(store, "my secret in the wrong field", now=NOW)
    accounts.note_failure(store, "hunter2hunter2", now=NOW)
    rows = store.transact(lambda s: [(r.who, r.act, str(r.what)) for r in s.scalars(select(AccessRow))], write=False)
    assert [(who, act) for who, act, _ in rows] == [
        ("test", "make account"), ("test", "make account"), ("boss", "set role"), ("boss", "set password"),
        ("boss", "disable account"), ("boss", "enable account"), ("boss", "make token"), ("kim", "fail to sign in"),
        ("?", "fail to sign in"), ("?", "fail to sign in"),
    ]  # fmt: skip
    text = str(rows)
    assert "secret" not in text
    assert "hunter2" not in text
    assert "good password" not in text


def test_what_is_not_there_is_told(store: Store) -> None:
    with store.session() as session:
        with pytest.raises(NotThere):
            accounts.disable(session, "test", 99, now=NOW)
        with pytest.raises(NotThere):
            accounts.named(session, "nobody")
        assert not accounts.has_any(session)


# ── sign-ins ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_sign_in_ends_when_idle_and_in_any_case(store: Store) -> None:
    boss = make(store)
    with store.session() as session:
        secret = sign_ins.begin(session, boss.id, now=NOW, days=1)

        def at(hours: float) -> sign_ins.SignIn | None:
            return sign_ins.signed_in(session, secret, now=NOW + timedelta(hours=hours), idle=IDLE)

        found = at(7.9)
        assert found is not None
        assert at(8.0) is None
        for hours in (7, 14, 21):
            assert at(hours) is not None
            sign_ins.touch(session, found.id, now=NOW + timedelta(hours=hours))
        assert at(23.9) is not None
        assert at(24) is None


def test_the_table_of_sign_ins_signs_nobody_in(store: Store) -> None:
    boss = make(store)
    with store.session() as session:
        secret = sign_ins.begin(session, boss.id, now=NOW, days=1)
        assert sign_ins.signed_in(session, sign_ins.digest_of(secret), now=NOW, idle=IDLE) is None
        sign_ins.end(session, sign_ins.digest_of(secret))
        assert sign_ins.signed_in(session, secret, now=NOW, idle=IDLE) is None


def test_what_is_over_is_swept_away(store: Store) -> None:
    boss = make(store)
    with store.session() as session:
        for _ in range(3):
            sign_ins.begin(session, boss.id, now=NOW, days=1)
        assert sign_ins.count(session, boss.id) == 3
        sign_ins.begin(session, boss.id, now=NOW + timedelta(days=2), days=1)
        assert sign_ins.count(session, boss.id) == 1


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_token_opens_until_it_ends(store: Store) -> None:
    boss = make(store)
    with store.session() as session:
        session.execute(update(UserRow).values(must_change=False))
        reads = tokens.make(session, boss, "bi", may_write=False, days=1, now=NOW)
        writes = tokens.make(session, boss, "etl", may_write=True, days=None, now=NOW)
        found = tokens.bearer(session, reads, now=NOW)
        assert found is not None
        assert not found.user.may_write
        assert tokens.bearer(session, reads, now=NOW + timedelta(days=1)) is None
        later = tokens.bearer(session, writes, now=NOW + timedelta(days=999))
        assert later is not None
        assert later.user.may_write
        tokens.revoke(session, boss, later.token_id, now=NOW)
        assert tokens.bearer(session, writes, now=NOW) is None
        with pytest.raises(NotThere):
            tokens.revoke(session, boss, later.token_id, now=NOW)
        assert [one.is_open(NOW) for one in tokens.of_user(session, boss.id)] == [False, True]


def test_a_token_is_revoked_by_its_owner_alone_and_made_by_some_roles(store: Store) -> None:
    boss, lena, kim = make(store), make(store, "lena", "lead"), make(store, "kim", "agent")
    with store.session() as session:
        tokens.make(session, boss, "bi", may_write=False, days=1, now=NOW)
        mine = tokens.of_user(session, boss.id)[0].id
        with pytest.raises(NotThere):
            tokens.revoke(session, lena, mine, now=NOW)
        with pytest.raises(NotAllowed):
            tokens.make(session, kim, "bi", may_write=False, days=1, now=NOW)


def test_a_token_never_does_more_than_its_account(store: Store) -> None:
    make(store)
    lena = make(store, "lena", "lead")
    with store.session() as session:
        session.execute(update(UserRow).values(must_change=False))
        secret = tokens.make(session, lena, "bi", may_write=True, days=1, now=NOW)
        accounts.set_role(session, "test", lena.id, "reviewer", agent_id=None, now=NOW)
        found = tokens.bearer(session, secret, now=NOW)
        assert found is not None
        assert found.user.role == "reviewer"
        accounts.set_role(session, "test", lena.id, "agent", agent_id="1", now=NOW)
        assert tokens.bearer(session, secret, now=NOW) is None


def test_roles_are_ordered_by_what_they_may() -> None:
    assert ROLES == ("admin", "lead", "reviewer", "agent")
