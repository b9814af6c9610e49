"""Looks added to a workbook's styles; those that it has, and their numbers, stay what they are (ECMA-376-1, 18.8)."""

from typing import Final

import msgspec

from verify.shared.spreadsheet.splice import Splice

PLAIN: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<styleSheet xmlns="{}"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
"""The styles of a workbook that has none."""
_AFTER_DXFS: Final = ("tableStyles", "colors", "extLst")
_MOST_RESERVED: Final = 4096


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How an added cell looks. ``fill`` is RRGGBB."""

    fill: str | None = None
    bold: bool = False
    wrap: bool = False


class Styles:
    """A styles part that grows."""

    def __init__(self, data: bytes) -> None:
        """Raises Unreadable."""
        self._data = data
        self._has = _Survey()
        self._has.whole(data)
        self._added: dict[str, list[str]] = {name: [] for name in ("fonts", "fills", "cellXfs", "dxfs")}
        self._numbers: dict[object, int] = {}

    def reserve(self, number: int) -> None:
        """Keeps what is added from numbers up to ``number``, which cells name though no style has it."""
        for _ in range(len(self._has.formats), min(number + 1, _MOST_RESERVED)):
            self._add("cellXfs", self._format({"numFmtId": "0", "fontId": "0", "fillId": "0", "borderId": "0"}))

    def number(self, look: Look, over: int | None = None) -> int:
        """The number of the cell style ``look``; laid over the style ``over``, only its fill counts."""
        if "cellXfs" not in self._has.counts:
            return 0
        if over is not None and not over < len(self._has.formats):
            over = None
        key = (look.fill if over is not None else look, over)
        if key not in self._numbers:
            self._numbers[key] = self._add("cellXfs", self._made(look, over))
        return self._numbers[key]

    def rule(self, fill: str) -> int:
        """The number of a format for conditional formatting that fills a cell."""
        if ("dxf", fill) not in self._numbers:
            color = self._xml("bgColor", {"rgb": f"FF{fill}"})
            pattern = self._xml(
                "patternFill", {"patternType": "solid"}, self._xml("fgColor", {"rgb": f"FF{fill}"}) + color
            )
            self._numbers["dxf", fill] = self._add("dxfs", self._xml("dxf", {}, self._xml("fill", {}, pattern)))
        return self._numbers["dxf", fill]

    def written(self) -> bytes:
        """The part with all that was added."""
        return _Growth(self._added).whole(self._data)

    def _made(self, look: Look, over: int | None) -> str:
        filled = {"fillId": str(self._fill(look.fill)), "applyFill": "1"} if look.fill else {}
        if over is not None:
            attributes, content = self._has.formats[over]
            return self._format(attributes | filled, content)
        font = self._bold() if look.bold else 0
        attributes = {"numFmtId": "0", "fontId": str(font), "fillId": "0", "borderId": "0"} | filled
        wrap = {"wrapText": "1"} if look.wrap else {}
        place = self._xml("alignment", {"vertical": "top"} | wrap)
        return self._format(attributes | {"applyFont": "1", "applyAlignment": "1"}, place)

    def _fill(self, fill: str) -> int:
        if "fills" not in self._has.counts:
            return 0
        if ("fill", fill) not in self._numbers:
            for kind in ("none", "gray125")[self._has.counts["fills"] + len(self._added["fills"]) :]:
                self._add("fills", self._xml("fill", {}, self._xml("patternFill", {"patternType": kind})))
            color = self._xml("fgColor", {"rgb": f"FF{fill}"})
            pattern = self._xml("patternFill", {"patternType": "solid"}, color)
            self._numbers["fill", fill] = self._add("fills", self._xml("fill", {}, pattern))
        return self._numbers["fill", fill]

    def _bold(self) -> int:
        if "fonts" not in self._has.counts:
            return 0
        if "bold" not in self._numbers:
            font = self._has.first_font
            bold = "" if f"<{self._has.prefix}b" in font.replace("/", " ").replace(">", " ").split() else self._xml("b")
            self._numbers["bold"] = self._add("fonts", self._xml("font", {}, bold + font))
        return self._numbers["bold"]

    def _format(self, attributes: dict[str, str], content: str | None = None) -> str:
        return self._xml("xf", attributes, content)

    def _xml(self, tag: str, attributes: dict[str, str] | None = None, content: str | None = None) -> str:
        return self._has.element(tag, attributes or {}, content)

    def _add(self, group: str, xml: str) -> int:
        self._added[group].append(xml)
        return self._has.counts.get(group, 0) + len(self._added[group]) - 1


class _Survey(Splice):
    """What a styles part has."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.formats: list[tuple[dict[str, str], str | None]] = []
        """Of each cell style its attributes and what it holds."""
        self.first_font = ""
        self._group = ""
        self._attributes: dict[str, str] = {}

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        if self.depth == 2:
            self._group = tag
            self.counts.setdefault(tag, 0)
        elif self.depth == 3:
            self.counts[self._group] += 1
            if self._group in ("cellXfs", "fonts"):
                self._attributes = attributes
                self.hold(self.tag_end(self.here))

    def closed(self, tag: str) -> None:  # noqa: ARG002 -- the places tell
        if self.depth == 3 and self._held is not None:
            content = None if self.was_empty() else self.text(self._held, self.here).decode()
            if self._group == "cellXfs":
                self.formats.append((self._attributes, content))
            elif self.counts["fonts"] == 1:
                self.first_font = content or ""
            self.hold(None)


class _Growth(Splice):
    """Puts what was added at the end of its group, and makes the group where there is none."""

    def __init__(self, added: dict[str, list[str]]) -> None:
        super().__init__()
        self._added = {group: xml for group, xml in added.items() if xml}
        self._group = ""

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        if self.depth == 2 and tag in self._added:
            had = int(attributes.get("count", "0") or 0)
            count = {"count": str(had + len(self._added[tag]))} if "count" in attributes else {}
            self.retag(attributes | count, content="".join(self._added[tag]))
            if self.is_empty():
                del self._added[tag]
        elif self.depth == 2 and tag in _AFTER_DXFS:
            self._make_rules()

    def closed(self, tag: str) -> None:
        if self.depth == 2 and tag in self._added:
            self.put(self.here, "".join(self._added.pop(tag)))
        elif self.depth == 1:
            self._make_rules()

    def _make_rules(self) -> None:
        if rules := self._added.pop("dxfs", None):
            self.put(self.here, self.element("dxfs", {"count": str(len(rules))}, "".join(rules)))
