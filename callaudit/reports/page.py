"""What every page of ours is made with: its templates, and a policy under which nothing is fetched."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from callaudit.reports import wording
from callaudit.reports.wording import printable

TOLD = (
    wording.agent, wording.clock, wording.file_name, wording.number, wording.percent, wording.points, wording.started,
    wording.step_mark,
)  # fmt: skip
"""What templates say the same way in every language."""


def policy(style: str, script: str = "") -> str:
    """Content security policy: nothing from anywhere, our own style and script by digest, sound and pictures inline."""
    scripts = f"'{_digest(script)}'" if script else "'none'"
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src {scripts}; "
        "media-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}"


def resource(name: str, package: str = "callaudit.reports") -> str:
    """Text of a file in the package's folder of templates."""
    return files(package).joinpath("templates", name).read_text(encoding="utf-8")


@cache
def environment(package: str = "callaudit.reports") -> Environment:
    """The package's templates; whatever they are given is escaped, and a name that is missing is an error."""
    made = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["printable"] = lambda text: printable(text or "")
    made.globals |= {"MISSING": wording.MISSING} | {told.__name__: told for told in TOLD}
    return made
