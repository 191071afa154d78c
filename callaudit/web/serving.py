"""Serving the desk: who may be let near it, where it listens, how it ends."""

from __future__ import annotations

import errno
import gc
import socket
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from callaudit.batch import logs
from callaudit.config import ReviewConfig
from callaudit.desk import accounts
from callaudit.errors import ConfigError
from callaudit.orphans import end_with_parent
from callaudit.web import oidc
from callaudit.web.app import make_app
from callaudit.web.desk import Desk
from callaudit.web.learning import written_of
from callaudit.web.sessions import is_local
from callaudit.web.shared import Opening, Shared, kept_apart

PATIENCE_S: Final = 5.0
"""How long a page waits for a database that is gone."""
GRACE_S: Final = 10
"""How long requests under way may take once the desk is told to end."""
KEEP_S: Final = 75
"""How long a connection stays open for the next request: who listens to a call sends nothing for a while, and what a
browser sends at the moment of the closing is lost."""
HUNG_S: Final = 60
"""A process of several that says nothing for so long is replaced; to begin takes it seconds, on a busy machine many."""
BACKLOG: Final = 256


def check(desk: Desk) -> list[str]:
    """What whoever starts the desk should know; nothing is opened yet.

    Raises
    ------
    ConfigError
        It would listen to other machines though nobody has an account, or the settings cannot work.
    """
    config = desk.config.review
    if config.oidc.wanted:
        oidc.check(config.oidc)
    if bool(config.tls_cert) != bool(config.tls_key):
        raise ConfigError("https needs both a certificate and its key; give --tls-cert and --tls-key")
    for path in filter(None, (config.tls_cert, config.tls_key)):
        if not Path(path).is_file():
            raise ConfigError(f"{path}: there is no such file; check --tls-cert and --tls-key")
    add = f"callaudit accounts add NAME --role admin --store {desk.store.name}"
    told = []
    if not config.oidc.wanted and not desk.store.transact(accounts.has_any, write=False):
        if not is_local(config.host):
            raise ConfigError(
                f"refusing to listen on {config.host}: nobody has an account yet, and other machines could reach it; "
                f"first make one: {add}"
            )
        told.append(f"nobody has an account yet, so nothing is shown; make the first one: {add}")
    if not is_local(config.host) and not config.tls_cert:
        if config.plain_http:
            told.append(f"listening on {config.host} without https: passwords and calls cross the network unprotected")
        elif not config.trusted_proxies:
            told.append(
                f"listening on {config.host} without https: nobody can sign in from another machine; give --tls-cert "
                "and --tls-key, or put it behind a proxy with https and name it by --proxy"
            )
    return told


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises
    ------
    ConfigError
        The address is none of this machine's, or somebody else listens there.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except socket.gaierror as error:
        raise ConfigError(f"--host {host}: there is no such address ({error.strerror})") from error
    except OSError as error:
        why = {
            errno.EADDRINUSE: f"port {port} is taken, perhaps by a desk that runs already; choose another --port",
            errno.EACCES: f"port {port} is for the system's own services; choose a --port from 1024 on",
            errno.EADDRNOTAVAIL: f"{host} is no address of this machine; choose another --host",
        }.get(error.errno or 0, f"cannot listen there ({error.strerror}); choose another --host or --port")
        raise ConfigError(f"{host}:{port}: {why}") from error
    return listening


def address_of(config: ReviewConfig, listening: socket.socket) -> str:
    """Where a browser finds the desk."""
    host = socket.gethostname() if config.host in ("0.0.0.0", "::") else config.host
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if config.tls_cert else "http"
    return f"{scheme}://{host}:{listening.getsockname()[1]}{config.root_path}/"


def serve(desk: Desk, listening: socket.socket) -> None:
    """Serves until it is told to end (SIGINT, SIGTERM); what is under way is finished."""
    app = _ready(desk)
    with listening, suppress(KeyboardInterrupt):  # raised anew when all is finished
        uvicorn.Server(_settings(desk.config.review, app)).run(sockets=[listening])


def serve_by_many(opening: Opening, listening: socket.socket) -> None:
    """The same with `review.workers` processes; one that dies is replaced, and none outlives this one."""
    config = opening.config.review
    with listening, kept_apart(opening) as shared:
        make = partial(_worker, opening, shared, not sys.stderr.isatty())
        Multiprocess(_settings(config, make, factory=True, workers=config.workers), [listening]).run()


def _settings(config: ReviewConfig, app: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none",
        proxy_headers=bool(config.trusted_proxies), forwarded_allow_ips=list(config.trusted_proxies),
        ssl_certfile=config.tls_cert, ssl_keyfile=config.tls_key, timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_S, timeout_worker_healthcheck=HUNG_S, **more,
    )  # fmt: skip


def _worker(opening: Opening, shared: Shared, as_json: bool) -> FastAPI:
    """The application of one of several processes, made in it."""
    end_with_parent()
    logs.configure(as_json=as_json)
    return _ready(Desk(opening(), opening.config), shared)


def _ready(desk: Desk, shared: Shared | None = None) -> FastAPI:
    threading.Thread(target=_read_ahead, args=(desk,), daemon=True).start()
    return make_app(desk, shared)


def _read_ahead(desk: Desk) -> None:
    """Reads the rulebook, which takes seconds, before the first page waits for it.

    It stays until the end, like all that was imported: whoever looks for garbage, while every page waits, need not look
    through it each time.
    """
    written_of(desk)
    gc.collect()
    gc.freeze()
