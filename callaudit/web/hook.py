"""Has the script and style of the pages made when callaudit is built (`pyproject.toml`, `tool.hatch.build.hooks`)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _bundle() -> Any:
    """`bundle.py` beside this file: callaudit itself is not installed while it is built."""
    spec = importlib.util.spec_from_file_location("callaudit_web_bundle", Path(__file__).with_name("bundle.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class WebHook(BuildHookInterface[BuilderConfig]):
    """A package without its script is none: the build fails. An editable install goes on, and says what is due."""

    def dependencies(self) -> list[str]:
        """Node.js from PyPI, where it is needed and the machine has none."""
        bundle = _bundle()
        return [] if bundle.is_fresh() or bundle.has_npm() else [bundle.NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes `static`, if it is not what the sources make."""
        bundle = _bundle()
        if bundle.is_fresh():
            return
        try:
            bundle.bundle()
        except bundle.BundleError as error:
            due = f"{error}\nThe pages of the review desk are not built. Once that is mended: {bundle.COMMAND}"
            if version != "editable":
                raise SystemExit(due) from None
            self.app.display_warning(due)
