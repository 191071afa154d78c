"""`callaudit accounts add|list|password|role|disable|enable`"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from callaudit.cli.opening import opened, store_options, who
from callaudit.desk import accounts as desk
from callaudit.desk import passwords
from callaudit.desk.people import ROLES, Role

ROLE = click.Choice(ROLES)


@click.group()
def accounts() -> None:
    """Who may use the review desk: make accounts, give them roles and passwords, disable them."""


def _password_options(command: click.decorators.FC) -> click.decorators.FC:
    stdin = click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from the first line of stdin.")
    made = click.option("--generate", is_flag=True, help="Make a password, and print it once.")
    own = click.option("--own", is_flag=True, help="It is your own: it need not be changed at the first sign-in.")
    return stdin(made(own(command)))


@accounts.command()
@click.argument("name")
@click.option("--role", type=ROLE, required=True)
@click.option("--agent-id", help="Whose calls an agent sees; agents need it.")
@click.option("--shown-name", default="", help="What pages call them.  [default: NAME]")
@click.option("--sso", is_flag=True, help="Without a password: signs in at the company's single sign-on.")
@_password_options
@store_options
def add(
    url: str | None, config_path: Path | None, name: str, role: Role, agent_id: str | None, shown_name: str, sso: bool,
    from_stdin: bool, generate: bool, own: bool,
) -> None:  # fmt: skip
    """Make an account. The password is asked for; it is never given on the command line, where others could see it."""
    password = None if sso else _password(from_stdin, generate)
    with opened(url, config_path, documents=False) as store, store.session() as session:
        desk.make(
            session, who(), name, role, now=datetime.now(UTC), shown_name=shown_name, agent_id=agent_id,
            password=password, must_change=not own,
        )  # fmt: skip
    _tell(password if generate else None)
    click.echo(f"{desk.plain_name(name)}: {role}")


@accounts.command("list")
@store_options
def list_accounts(url: str | None, config_path: Path | None) -> None:
    """Show the accounts."""
    with opened(url, config_path, documents=False) as store:
        found = store.transact(desk.all_accounts, write=False)
    table = Table(box=None, pad_edge=False)
    for title in ("name", "role", "agent", "shown as", "signs in by", "state", "last seen"):
        table.add_column(title)
    for one in found:
        by = [way for way, has in (("password", one.has_password), ("sso", not one.has_password)) if has]
        state = "disabled" if one.disabled_at else "must change password" if one.must_change else ""
        seen = one.seen_at.isoformat(timespec="minutes") if one.seen_at else ""
        table.add_row(one.user.name, one.user.role, one.user.agent_id or "", one.user.shown_name, *by, state, seen)
    Console(width=None if sys.stdout.isatty() else 160, markup=False).print(table)


@accounts.command()
@click.argument("name")
@_password_options
@store_options
def password(url: str | None, config_path: Path | None, name: str, from_stdin: bool, generate: bool, own: bool) -> None:
    """Give an account another password, and sign it out everywhere."""
    given = _password(from_stdin, generate)
    with opened(url, config_path, documents=False) as store, store.session() as session:
        user = desk.named(session, name)
        desk.set_password(session, who(), user.id, given, now=datetime.now(UTC), must_change=not own)
    _tell(given if generate else None)
    click.echo(f"{user.name}: password set")


@accounts.command()
@click.argument("name")
@click.argument("role", type=ROLE)
@click.option("--agent-id", help="Whose calls an agent sees; agents need it.")
@store_options
def role(url: str | None, config_path: Path | None, name: str, role: Role, agent_id: str | None) -> None:
    """Give an account another role."""
    with opened(url, config_path, documents=False) as store, store.session() as session:
        user = desk.named(session, name)
        desk.set_role(session, who(), user.id, role, agent_id=agent_id or user.agent_id, now=datetime.now(UTC))
    click.echo(f"{user.name}: {role}")


@accounts.command()
@click.argument("name")
@store_options
def disable(url: str | None, config_path: Path | None, name: str) -> None:
    """Shut an account; its sign-ins and tokens end at once. What it did stays in the trail."""
    with opened(url, config_path, documents=False) as store, store.session() as session:
        user = desk.named(session, name)
        desk.disable(session, who(), user.id, now=datetime.now(UTC))
    click.echo(f"{user.name}: disabled")


@accounts.command()
@click.argument("name")
@store_options
def enable(url: str | None, config_path: Path | None, name: str) -> None:
    """Open an account again."""
    with opened(url, config_path, documents=False) as store, store.session() as session:
        user = desk.named(session, name)
        desk.enable(session, who(), user.id, now=datetime.now(UTC))
    click.echo(f"{user.name}: enabled")


def _password(from_stdin: bool, generate: bool) -> str:
    if from_stdin and generate:
        raise click.UsageError("give --stdin or --generate, not both")
    if generate:
        return passwords.new_password()
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("no terminal to ask for the password; give --stdin or --generate")
    return str(click.prompt("password", hide_input=True, confirmation_prompt=True))


def _tell(generated: str | None) -> None:
    if generated is not None:
        click.echo(f"password (shown once): {generated}")
