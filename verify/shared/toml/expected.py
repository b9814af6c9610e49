"""What msgspec refuses in a settings file, in the words of a clerk: where it stands, and what is expected there."""

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec import inspect

from verify.shared.command import LOCALE, joined, messages
from verify.shared.toml.settings_file import Place

_ = messages(LOCALE)

_AT: Final = re.compile(r"(?P<reason>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_FIELD: Final = re.compile(r"Object (contains unknown|missing required) field `([^`]*)`")
_KINDS: Final = re.compile(r"Expected `([a-z0-9]+(?: \| [a-z0-9]+)*)`.*", re.DOTALL)
_LENGTH: Final = re.compile(r"Expected `(\w+)` of (?:(at least|at most) )?length (?:(>=|<=) )?(\d+).*")
_NUMBER: Final = re.compile(r"Expected `(?:int|float)` (>=|<=|>|<) (-?[0-9.]+)")


def told(error: msgspec.ValidationError, wanted: object) -> tuple[str, Place]:
    """The reason and the place of what msgspec refused while it read ``wanted``."""
    found = _AT.fullmatch(str(error))
    reason, where = (found["reason"], found["path"] or "") if found else ("", "")
    path: Place = tuple(int(index) if index else key for key, index in _STEP.findall(where) if key or index)
    here = list(_types([inspect.type_info(wanted)], path))
    if field := _FIELD.match(reason):
        if field[1].startswith("missing"):
            return _("a setting is missing: {name}").format(name=field[2]), path
        return _unknown(field[2], here), (*path, field[2])
    return _reason(reason, here), path


def _unknown(name: str, here: list[inspect.Type]) -> str:
    """What is said of a setting that is none."""
    names = [field.encode_name for kind in here if isinstance(kind, inspect.StructType) for field in kind.fields]
    if near := difflib.get_close_matches(name, names, 1, 0.7):
        return _("there is no such setting; is {name} meant?").format(name=near[0])
    return _("there is no such setting; here may stand: {names}").format(names=joined(names))


def _reason(reason: str, here: list[inspect.Type]) -> str:
    if found := _LENGTH.fullmatch(reason):
        return _length(found[1], "<=" in found[0] or "at most" in found[0], int(found[4]))
    if found := _NUMBER.fullmatch(reason):
        text = _("at most {number} is expected here") if "<" in found[1] else _("at least {number} is expected here")
        return text.format(number=found[2])
    if reason.startswith("Invalid enum value"):
        words = [str(value) for kind in here if isinstance(kind, inspect.LiteralType) for value in kind.values]
        return _("one of these words is expected here: {words}").format(words=joined(words))
    if "matching regex" in reason:
        forms = [str(form) for kind in here if isinstance(kind, inspect.Metadata) for form in _examples(kind)]
        return _("it is written as in: {form}").format(form=joined(forms))
    for kind in ("date", "time"):
        if reason.startswith(f"Invalid RFC3339 encoded {kind}"):
            return _("expected here: {wanted}").format(wanted=_kinds()[kind])
    if found := _KINDS.fullmatch(reason):
        words = [_kinds().get(kind, kind) for kind in found[1].split(" | ") if kind != "null"]
        return _("expected here: {wanted}").format(wanted=_(" or ").join(words))
    return _("something else is expected here; docs/settings.md shows the form")


def _kinds() -> dict[str, str]:
    return {
        "str": _("a text in quotation marks"),
        "int": _("a whole number without quotation marks"),
        "float": _("a number without quotation marks"),
        "bool": _("true or false"),
        "array": _("a list in [ ]"),
        "object": _('a table, as in { zh = "…" }'),
        "date": _("a date such as 2022-04-23, without quotes"),
        "time": _("a time such as 08:30:00, without quotes"),
        "datetime": _("a date such as 2022-04-23, without quotes"),
    }


def _length(kind: str, most: bool, number: int) -> str:
    if not most and number == 1:
        return _("it must not be empty")
    if kind == "str":
        text = _("longer than it may be; most characters: {number}")
    else:
        text = _("more than there may be; at most: {number}") if most else _("fewer than there must be: {number}")
    return text.format(number=number)


def _examples(kind: inspect.Metadata) -> list[object]:
    return list((kind.extra_json_schema or {}).get("examples", ()))


def _types(kinds: Iterable[inspect.Type], path: Place) -> Iterator[inspect.Type]:
    """What may stand at ``path`` beneath ``kinds``, each with and without its notes."""
    flat = list(_flat(kinds))
    if not path:
        yield from flat
        return
    step, *rest = path
    below: list[inspect.Type] = []
    for kind in flat:
        if isinstance(kind, inspect.StructType):
            below += [field.type for field in kind.fields if field.encode_name == step]
        elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
            below.append(kind.item_type)
        elif isinstance(kind, inspect.DictType):
            below.append(kind.value_type)
    yield from _types(below, tuple(rest))


def _flat(kinds: Iterable[inspect.Type]) -> Iterator[inspect.Type]:
    for kind in kinds:
        if isinstance(kind, inspect.UnionType):
            yield from _flat(kind.types)
        elif isinstance(kind, inspect.Metadata):
            yield kind
            yield from _flat([kind.type])
        else:
            yield kind
