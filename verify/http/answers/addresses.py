"""A page's own address, and the addresses that its links have, in its language or another."""

from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from verify.http.asked import state
from verify.http.asked.bodies import AnyRequest
from verify.http.asked.language import Language
from verify.http.asked.state import State


class Address:
    """The page's own address."""

    def __init__(self, request: AnyRequest, path: str | None) -> None:
        self.path: Final = path or path_of(state.of(request.scope))
        asked = request.scope["query_string"]
        self._asked = parse_qsl(asked.decode("latin-1")) if asked else []

    def asked(self, language: Language | None = None) -> str:
        """It with all that it asks, in another language where one is named."""
        asked = self._asked
        if language is not None:
            asked = [(name, value) for name, value in asked if name != "lang"] + [("lang", language)]
        return self.path + (f"?{urlencode(asked)}" if asked else "")


def path_of(known: State) -> str:
    """A path as pages write it: never two slashes at its start, where browsers take what follows for another host."""
    return "/" + quote(known.path.lstrip("/"))


def with_language(target: str, asked: Language | None) -> str:
    """An address that keeps the language somebody chose."""
    if asked is None:
        return target
    address, mark, fragment = target.partition("#")
    return f"{address}{'&' if '?' in address else '?'}lang={asked}{mark}{fragment}"
