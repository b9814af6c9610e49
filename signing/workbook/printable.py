"""Which names of a workbook no font here can print: told when it is checked, and not after everything is signed."""

from collections.abc import Iterable, Sequence

from signing.workbook.judged import Finding, remarked
from verify.shared.command import Refusal


def lacking(names: Iterable[str], wanted: Sequence[str]) -> dict[str, Finding]:
    """What is to be said of each character that no font prints; ``wanted`` are the centre's own fonts."""
    rare = sorted({character for name in names for character in name if not _everyday(character)})
    if not rare:
        return {}  # fonts are looked at only where there is reason to
    from signing.print.fonts import FontBook

    try:
        book = FontBook.find(wanted)
    except Refusal as missing:
        return {character: remarked("name", "not_printable", str(missing)) for character in rare}
    found = {}
    for character in rare:
        try:
            book.families(character)
        except Refusal as missing:
            found[character] = remarked("name", "not_printable", str(missing))
    return found


def _everyday(character: str) -> bool:
    """Whether every Chinese font has it: ASCII and GB 2312."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
