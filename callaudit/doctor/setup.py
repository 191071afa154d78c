"""What was set up: the settings, the model, the rulebook, the store, and where recordings come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from callaudit.config import Config, load_config
from callaudit.doctor.check import Check
from callaudit.errors import CallauditError, ModelMissing

PATIENCE_S = 2.0
"""A doctor does not wait for a database to come back."""


def settings(path: Path | None) -> tuple[Config, Check]:
    """The settings and what is to be said of them; the defaults where they cannot be read."""
    if path is None:
        return Config(), Check("settings", "note", "no file given, defaults are checked", "give --config FILE")
    try:
        config = load_config(path)
        if config.recordings.filename_pattern is not None:
            re.compile(config.recordings.filename_pattern)
    except CallauditError as error:
        return Config(), Check("settings", "ill", str(error), "correct the file; the rest is checked by the defaults")
    except re.error as error:
        says = f"{path}: recordings.filename_pattern is no regular expression ({error})"
        return config, Check("settings", "ill", says, "correct it")
    return config, Check("settings", "well", f"{path} is read")


def models(config: Config) -> Iterator[Check]:
    """Whether the model of the settings is here and whole, every byte hashed; which others there are."""
    from callaudit.models import fetch, list_models, verify

    name = config.engine.model
    known = {state.entry.name: state.entry for state in list_models()}
    try:
        if name in known and known[name].hub is None:
            fetch(name)  # joins the parts that pip installed; nothing is downloaded
        files = verify(name)
        yield Check("model", "well", f"{files.name} is whole, for {files.engine}, sha256 {files.sha256[:16]}…")
    except ModelMissing as error:
        yield Check("model", "ill", str(error), f"callaudit models fetch {name}, or choose another with engine.model")
    except CallauditError as error:
        yield Check("model", "ill", str(error), f"delete it, then callaudit models fetch {name}")
    for state in list_models():
        if state.state == "wrong":
            todo = f"delete it, then callaudit models fetch {state.entry.name}"
            yield Check("other models", "ill", f"{state.entry.name} in {state.path} has not the size it should", todo)
    here = [state.entry.name for state in list_models() if state.state == "ready"]
    yield Check("other models", "well", f"on this machine: {', '.join(here) or 'none'}")


def rulebook(config: Config) -> Iterator[Check]:
    """Whether the rulebook loads, with the sheet that is asked for."""
    from callaudit.rules import load_rulebook

    try:
        book = load_rulebook(config.judge.rulebook)
        sheet = book.sheet(config.judge.sheet)
    except CallauditError as error:
        yield Check("rulebook", "ill", str(error), "correct it: callaudit rules check tells every fault")
        return
    yield Check(
        "rulebook", "well", f"{book.name}: {len(book.rules)} rules, sheet {sheet.name}, sha256 {book.sha256[:16]}…"
    )


def store(config: Config) -> Iterator[Check]:
    """Whether the database is reached, and whether its tables are this version's."""
    if config.store.url is None:
        yield Check("store", "note", "none is set", "set store.url (a path for SQLite) to keep calls and audits")
        return
    from callaudit.store.connection import address_of, shown
    from callaudit.store.crypt import keys_in
    from callaudit.store.database import open_store
    from callaudit.store.schema import HEAD

    try:
        address = address_of(config.store.url)
        if address.get_backend_name() == "sqlite" and not Path(address.database or "").exists():
            if Path(address.database or "").absolute().parent.is_dir():
                yield Check("store", "note", f"{shown(address)} is not there yet", "nothing: the first batch makes it")
            else:
                yield Check("store", "ill", f"{shown(address)}: its folder does not exist", "create the folder")
            return
        key = keys_in(config.store.key_env) if config.store.key_env else None
        opened = open_store(config.store.url, key=key, patience_s=PATIENCE_S, upgrade=False)
        try:
            revision = opened.revision()
        finally:
            opened.close()
    except CallauditError as error:
        yield Check("store", "ill", str(error), "mend what the message names; a batch needs the database")
        return
    if revision == HEAD:
        yield Check("store", "well", f"{shown(address)} answers, tables {revision}")
    else:
        todo = "callaudit store upgrade, or just start: a batch brings older tables up"
        yield Check("store", "note", f"{shown(address)} answers, tables {revision or 'none'}, wanted {HEAD}", todo)


def batch(config: Config) -> Iterator[Check]:
    """Whether a batch and a night can begin with these settings: plan, times, executor, who is told."""
    from callaudit.batch.notify import addresses
    from callaudit.batch.sampling import plan_of
    from callaudit.batch.stopping import next_time
    from callaudit.store.purge import age_of

    try:
        plan_of(config.batch.sample)
        if config.nightly.until is not None:
            next_time(config.nightly.until)
        if config.nightly.purge_older_than is not None:
            age_of(config.nightly.purge_older_than)
        n_addresses = len(addresses(config.notify))
    except CallauditError as error:
        yield Check("batch", "ill", str(error), "correct the settings")
        return
    if config.batch.executor == "ray" and find_spec("ray") is None:
        says = "the executor is ray, which is not installed"
        yield Check("batch", "ill", says, "pip install 'callaudit[ray]', or take the executor processes")
        return
    says = f"executor {config.batch.executor}, sample {config.batch.sample}, order {config.batch.order}"
    yield Check("batch", "well", f"{says}, {n_addresses} addresses are told")


def sources(config: Config) -> Iterator[Check]:
    """Whether the nightly sources can be reached; a folder is looked at, not searched."""
    from callaudit.batch.places import place_of, without_secrets

    for source in config.nightly.sources:
        name = f"source {without_secrets(source)}"
        try:
            place, path = place_of(source.removeprefix("@"))
            fixed = re.split(r"[*?\[]", path)[0]
            path = path if fixed == path else fixed.rpartition("/")[0] or "/"
            place.listed(path) if place.is_folder(path) else place.look(path)
        except FileNotFoundError:
            yield Check(name, "ill", "no such file or folder", "correct nightly.sources, or mount the disk")
        except PermissionError:
            yield Check(name, "ill", "no permission to read it", "give this user read access")
        except (OSError, CallauditError) as error:
            yield Check(name, "ill", str(error), "correct nightly.sources, or mend what the message names")
        else:
            yield Check(name, "well", "can be read")
