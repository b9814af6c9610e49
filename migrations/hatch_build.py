"""What a wheel is built with: compiled message catalogues, and the pages' scripts, which `make web` builds."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface[Any]):
    """Writes a .mo file beside each .po file before the wheel's files are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Compile every catalogue of the project. Raises FileNotFoundError where a wheel would lack the scripts."""
        if version == "standard" and not (Path(self.root) / "verify" / "http" / "static" / "web").is_dir():
            raise FileNotFoundError("the pages' scripts are not built: `make wheel` does that first")
        for source in Path(self.root).glob("**/locale/*/LC_MESSAGES/*.po"):
            with source.open("rb") as text:
                catalogue = read_po(text, locale=source.parent.parent.name)
            with source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, catalogue)
