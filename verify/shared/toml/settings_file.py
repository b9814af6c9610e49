"""Reading TOML that people write (centre.toml, site.toml) into closed structs.

What does not fit is refused with its line and the reason.
"""

import re
import tomllib
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from verify.shared.command import LOCALE, Refusal, messages, why
from verify.shared.toml import toml_slips

_ = messages(LOCALE)

T = TypeVar("T")
Place = tuple[str | int, ...]
"""Where a value stands: table keys and, in arrays, indexes from 0."""

_TABLE: Final = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_\-\".]+)\s*=")


class SettingsRefused(Refusal):
    """A settings file that cannot be taken; the message names file, line and reason."""

    def __init__(self, name: str, line: int | None, where: str, reason: str) -> None:
        place = _("{file}, line {line}").format(file=name, line=line) if line else name
        super().__init__(
            _("{place}: {where}{reason}").format(place=place, where=f"{where}: " if where else "", reason=reason)
        )
        self.line = line
        self.reason = reason


class Source:
    """A TOML text and the name of its file, by which refusals name their place."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        if fault := toml_slips.encoding(data):
            raise SettingsRefused(name, fault[0], "", fault[1])
        self.text = data.decode("utf-8-sig")

    @classmethod
    def of(cls, path: Path) -> "Source":
        """The file at ``path``. Raises SettingsRefused where it cannot be read."""
        try:
            return cls(path.read_bytes(), path.name)
        except OSError as error:
            raise SettingsRefused(str(path), None, "", why(error)) from None

    def read(self, wanted: type[T]) -> T:
        """The text as ``wanted``. Raises SettingsRefused."""
        try:
            return msgspec.convert(tomllib.loads(self.text), wanted)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"(.*) \(at line (\d+), column \d+\)", str(error))
            reason, line = (found[1], int(found[2])) if found else (str(error), self.text.count("\n") + 1)
            line, reason = toml_slips.told(reason, self.text.splitlines(), line)
            raise SettingsRefused(self.name, line, "", reason) from None
        except msgspec.ValidationError as error:
            from verify.shared.toml import expected  # the service starts without it

            reason, path = expected.told(error, wanted)
            raise self.refusal(path, reason) from None

    def refusal(self, path: Place, reason: str) -> SettingsRefused:
        """The refusal of what stands at ``path``, for a reason that the structs cannot know."""
        return SettingsRefused(self.name, self.line(path), _written(path), reason)

    def line(self, path: Place) -> int | None:
        """The line of ``path``, or of the innermost table above it that has a line of its own."""
        lines = self._lines()
        for length in range(len(path), 0, -1):
            if path[:length] in lines:
                return lines[path[:length]]
        return None

    def _lines(self) -> dict[Place, int]:
        """Where each table and key begins; what is inside an array or inline table is found with its key."""
        lines: dict[Place, int] = {}
        counts: dict[Place, int] = {}
        table: Place = ()
        for number, line in enumerate(self.text.splitlines(), start=1):
            if head := _TABLE.match(line):
                table = ()
                *above, last = (part.strip().strip('"') for part in head[2].split("."))
                for part in above:
                    table += (part,)
                    if table in counts:
                        table += (counts[table],)
                table += (last,)
                if head[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    lines.setdefault(table, number)
                    table += (counts[table],)
                lines.setdefault(table, number)
            elif key := _KEY.match(line):
                lines.setdefault((*table, *(part.strip('"') for part in key[1].split("."))), number)
        return lines


def _written(path: Place) -> str:
    """``path`` for people, who count from 1: ``programmes 2, name.zh``."""
    text = ""
    for step in path:
        text += (
            f" {step + 1},"
            if isinstance(step, int)
            else f"{'' if not text else ' ' if text.endswith(',') else '.'}{step}"
        )
    return text.removesuffix(",")
