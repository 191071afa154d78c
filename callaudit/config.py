"""Settings: a TOML file into one frozen value. Defaults live on the fields alone; unknown keys are refused."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from callaudit.errors import ConfigError
from callaudit.records import PersonalKind

Device = Literal["cpu", "cuda", "auto"]
ExecutorName = Literal["serial", "processes", "ray"]

Order = Literal["found", "newest", "oldest", "waiting"]
"""By location; by when the call began, newest or oldest first; by how long the file has lain there, longest first."""

DeskRole = Literal["admin", "lead", "reviewer", "agent"]
"""Who works at the review desk, by what they may do (`callaudit.desk.people`)."""

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """How words are recognised.

    `model` is a name of `callaudit models list`, a faster-whisper size, or a folder: what lies in it chooses the engine
    (CTranslate2 Whisper: faster-whisper; SenseVoice or Paraformer in ONNX form: onnxruntime). `threads` 0 means all
    cores; `language` None means: hear which. `compute_type` and `beam_size` are Whisper's alone.
    """

    __pydantic_config__ = _STRICT

    model: str = "whisper-base"
    device: Device = "cpu"
    compute_type: str = "int8"
    language: str | None = None
    threads: Annotated[int, Field(ge=0)] = 0
    beam_size: Annotated[int, Field(ge=1, le=20)] = 5


@dataclass(frozen=True, slots=True)
class RecordingsConfig:
    """How recordings are described where no sidecar does.

    `filename_pattern` is a regular expression over the file's stem whose named groups are metadata keys
    (`(?P<agent_id>\\d+)_(?P<direction>inbound|outbound)_.*`).
    """

    __pydantic_config__ = _STRICT

    filename_pattern: str | None = None
    direction: Literal["inbound", "outbound"] | None = None
    company: str | None = None
    sector: str | None = None
    roles: str | None = None

    def defaults(self) -> dict[str, str]:
        """Metadata for recordings about which nothing else says it."""
        fields = {"direction": self.direction, "company": self.company, "sector": self.sector, "roles": self.roles}
        return {key: value for key, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """What calls are judged by; `rulebook` is a built-in name, a file or a folder.

    `sheet` names one of its scoring sheets; by default that of the call's sector, else the general one. `meaning`:
    whether what the words leave open is compared by meaning.
    """

    __pydantic_config__ = _STRICT

    rulebook: str = "etiquette-zh"
    sheet: str | None = None
    meaning: bool = True


@dataclass(frozen=True, slots=True)
class LanguageModelConfig:
    """A chat model behind an OpenAI-compatible address; none is asked, and nothing sent, unless `base_url` is given.

    `api_key_env` names the environment variable that holds the key; `cache` is the folder that keeps the answers
    (default: the user's cache folder). Only rules with an `ask` are put to it, and only the turns they name.
    """

    __pydantic_config__ = _STRICT

    base_url: str | None = None
    model: str = ""
    api_key_env: str | None = None
    timeout_s: Annotated[float, Field(gt=0)] = 60.0
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    cache: str | None = None


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Where calls and judgements are kept: a SQLAlchemy URL, or the path of an SQLite file.

    `key_env` names the environment variable with the key by which documents are encrypted; by default they are not.
    """

    __pydantic_config__ = _STRICT

    url: str | None = None
    key_env: str | None = None


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """Which personal data is masked in words before a call is judged, and silenced in sound that is exported.

    What is masked is in no report, store or later judgement; the recording itself is left as it is. Metadata
    (`customer_number`, `customer_name`) and names of files are what the company itself gave, and stay.
    """

    __pydantic_config__ = _STRICT

    mask: tuple[PersonalKind, ...] = ("card", "code")
    silence: tuple[PersonalKind, ...] = ("card", "code")


@dataclass(frozen=True, slots=True)
class BatchConfig:
    """How a batch works.

    `workers` 0 means: as many as the executor finds room for. A file is left for later while it is younger than
    `settle_s` seconds or still growing. A call is tried `attempts` times where the cause of a failure may pass; one
    that takes longer than `timeout_s`, or a worker that grows beyond `memory_mb` (0: no bound), is ended. The first
    retry waits `retry_s`, each further one twice as long. A call at work is this run's for `lease_s` seconds at a time,
    renewed while the run lives; then another run takes it over. Calls are taken in that `order`; `sample` is a sampling
    plan (`all`, `3 per agent`, `10%`), and another `sample_seed` draws other calls.
    """

    __pydantic_config__ = _STRICT

    executor: ExecutorName = "processes"
    workers: Annotated[int, Field(ge=0)] = 0
    ray_address: str = "local"
    settle_s: Annotated[float, Field(ge=0)] = 60.0
    attempts: Annotated[int, Field(ge=1)] = 3
    timeout_s: Annotated[float, Field(gt=0)] = 3600.0
    memory_mb: Annotated[int, Field(ge=0)] = 0
    retry_s: Annotated[float, Field(ge=0)] = 30.0
    lease_s: Annotated[float, Field(ge=1)] = 120.0
    order: Order = "found"
    sample: str = "all"
    sample_seed: str = ""


@dataclass(frozen=True, slots=True)
class NightlyConfig:
    """What `callaudit nightly` does: `sources` to audits in the folder `out`, until a time of day as `06:00`.

    `until` is in the time of this machine; None: until all is done. What is older than `purge_older_than` (`400d`) is
    removed afterwards. `lock` is the file by which a second night is kept away while one is at work (default: one in
    the user's cache folder for each store and out folder).
    """

    __pydantic_config__ = _STRICT

    sources: tuple[str, ...] = ()
    out: str | None = None
    until: Annotated[str, Field(pattern=r"^([01]?\d|2[0-3]):[0-5]\d$")] | None = None
    purge_older_than: str | None = None
    lock: str | None = None


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """Who is told how a batch went; nobody, and nothing is sent, unless `urls_env` is given.

    `urls_env` names the environment variable with the addresses as Apprise writes them (mailto://…, json://…), with
    blanks between: they hold passwords. `on` failure: only when something was not audited. `attach`: the workbook goes
    along, with names and quotes from calls.
    """

    __pydantic_config__ = _STRICT

    urls_env: str | None = None
    on: Literal["failure", "always"] = "failure"
    attach: bool = False


@dataclass(frozen=True, slots=True)
class OidcConfig:
    """Single sign-on at the company's OpenID provider; none unless `issuer` and `client_id` are given.

    `client_secret_env` names the environment variable with the secret; None: a public client. A claim is named by its
    path (`realm_access.roles`). `roles` says which value of `role_claim` is which role, the strongest wins, at every
    sign-in; without it accounts are made beforehand, and keep the roles they were given. `agent_claim` is whose calls
    an agent sees.
    """

    __pydantic_config__ = _STRICT

    issuer: str | None = None
    client_id: str | None = None
    client_secret_env: str | None = None
    scopes: tuple[str, ...] = ("openid", "profile")
    name_claim: str = "preferred_username"
    shown_name_claim: str = "name"
    role_claim: str = "roles"
    roles: dict[str, DeskRole] = field(default_factory=dict)
    agent_claim: str | None = None
    label: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether people sign in there."""
        return self.issuer is not None and self.client_id is not None


@dataclass(frozen=True, slots=True)
class ReviewConfig:
    """The review desk: where it listens, how long a sign-in lasts, where recordings lie.

    A sign-in ends after `idle_minutes` without a request, and after `sign_in_days` in any case. `hosts` are the names
    under which browsers reach it (`desk.example.com`, `*.example.com`); by default any, and on this machine's own
    address its own names alone. `trusted_proxies` are addresses whose X-Forwarded-For and -Proto are believed.
    `plain_http`: people may sign in without https from other machines; whoever listens on the network then reads their
    passwords. `audio_roots` tells where recordings lie by now: the folder or address under which they were heard → the
    one that this machine sees. `sound_cache` is the folder that keeps sound ready to be played, silent where it must be
    (default: the user's cache folder), never more than `sound_cache_gb` of it. An agent may appeal for `appeal_days`
    after a call was reviewed. `workers` processes serve, one for each core where dozens work at once.
    """

    __pydantic_config__ = _STRICT

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8420
    root_path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)*$")] = ""
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    tls_cert: str | None = None
    tls_key: str | None = None
    plain_http: bool = False
    idle_minutes: Annotated[int, Field(ge=1)] = 480
    sign_in_days: Annotated[int, Field(ge=1)] = 7
    audio_roots: dict[str, str] = field(default_factory=dict)
    sound_cache: str | None = None
    sound_cache_gb: Annotated[float, Field(gt=0)] = 4.0
    appeal_days: Annotated[int, Field(ge=0)] = 7
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    oidc: OidcConfig = field(default_factory=OidcConfig)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings; the sections of the TOML file are the fields."""

    __pydantic_config__ = _STRICT

    engine: EngineConfig = field(default_factory=EngineConfig)
    recordings: RecordingsConfig = field(default_factory=RecordingsConfig)
    judge: JudgeConfig = field(default_factory=JudgeConfig)
    language_model: LanguageModelConfig = field(default_factory=LanguageModelConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    privacy: PrivacyConfig = field(default_factory=PrivacyConfig)
    batch: BatchConfig = field(default_factory=BatchConfig)
    nightly: NightlyConfig = field(default_factory=NightlyConfig)
    notify: NotifyConfig = field(default_factory=NotifyConfig)
    review: ReviewConfig = field(default_factory=ReviewConfig)


_ADAPTER = TypeAdapter(Config)


def load_config(path: Path) -> Config:
    """The settings of a TOML file.

    Raises
    ------
    ConfigError
        The file cannot be read, is not TOML, or holds an unknown key or a value of the wrong kind.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the settings ({error.strerror}); check --config") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: wanted UTF-8, got other bytes at {error.start}; save the file as UTF-8") from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    try:
        return _ADAPTER.validate_python(raw)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_say(error)}") from error


def _say(error: ValidationError) -> str:
    """The first fault in one line: where, what was wanted, what was got, what to do."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        known = _known_keys(tuple(str(part) for part in first["loc"][:-1]))
        near = get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}"
        return f"unknown setting {where!r}; {hint}"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"setting {where!r}: {first['msg'].lower()}, got {first['input']!r}{more}"


def _known_keys(section: tuple[str, ...]) -> list[str]:
    known: object = Config()
    for name in section:
        known = getattr(known, name)
    return [own.name for own in fields(known)]  # type: ignore[arg-type]  # sections are dataclasses
