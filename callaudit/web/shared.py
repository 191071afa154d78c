"""What every process of the desk asks for: how often somebody tried to sign in, and the trials of rules.

With one process both live in it; with several, in one more, which they reach over a socket of this machine with a
secret that `multiprocessing` makes for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.managers import BaseManager
from typing import TYPE_CHECKING

from fastapi import Request

from callaudit.config import Config
from callaudit.desk.whatif import Trials
from callaudit.orphans import end_with_parent
from callaudit.store.database import Store, configured_store
from callaudit.web.tries import Tries


@dataclass(frozen=True, slots=True)
class Shared:
    """One of each."""

    tries: Tries
    trials: Trials


def shared_of(request: Request) -> Shared:
    """What the application has in common with others."""
    found = request.app.state.shared
    assert isinstance(found, Shared)
    return found


@dataclass(frozen=True, slots=True)
class Opening:
    """How any process of the desk opens its store; the key is read where it is wanted, and never handed on."""

    where: str
    config: Config
    patience_s: float

    def __call__(self, *, upgrade: bool = False) -> Store:
        """The store; errors as `configured_store`."""
        of = replace(self.config.store, url=self.where)
        return configured_store(of, patience_s=self.patience_s, upgrade=upgrade)


def _trials(opening: Opening) -> Trials:
    return Trials(opening(), opening.config)


class _Keeper(BaseManager):
    """The process that keeps them; what is not typed here `register` makes."""

    if TYPE_CHECKING:

        def tries(self) -> Tries: ...

        def trials(self, opening: Opening) -> Trials: ...


_Keeper.register("tries", Tries)
_Keeper.register("trials", _trials)


@contextmanager
def kept_apart(opening: Opening) -> Iterator[Shared]:
    """Both, in a process of their own, to be handed to others; it ends with the block, or with this process."""
    keeper = _Keeper(ctx=get_context("spawn"))
    keeper.start(end_with_parent)
    with keeper:
        yield Shared(keeper.tries(), keeper.trials(opening))
