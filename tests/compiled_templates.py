"""Templates compiled once for all the apps of a run: again only where something that is put in then is another."""

import threading
from collections.abc import Callable, Hashable
from types import CodeType
from typing import Any, Final

from verify.http.answers.fixed_calls import Environment

Asked = tuple[str, tuple[Any, ...]]
_lock: Final = threading.Lock()
_kept: Final[dict[Hashable, list[tuple[dict[Asked, object], CodeType]]]] = {}
_compile: Final[Callable[..., Any]] = Environment.compile


def share() -> None:
    """From now on, in this process. A service compiles its own; this is for tests, which make hundreds of apps."""
    Environment.compile = _shared  # type: ignore[assignment, method-assign]  # of its overloads one is asked for


def _shared(environment: Environment, source: str, name: str | None = None, *rest: Any, **more: Any) -> Any:
    """The code of a template whose calls with constants answer what they answered when it was compiled."""
    with _lock:
        always = environment.always
        kept = _kept.setdefault((name, source, environment.globals.get("language"), rest, *more.items()), [])
        for answers, code in kept:
            if all(_answer(always, asked) == answered for asked, answered in answers.items()):
                return code
        answers = {}

        def noted(function: str) -> Callable[..., object]:
            def call(*arguments: Any) -> object:
                answers[function, arguments] = _answer(always, (function, arguments))
                return always[function](*arguments)

            return call

        environment.always = {function: noted(function) for function in always}
        try:
            code = _compile(environment, source, name, *rest, **more)
        finally:
            environment.always = always
        kept.append((answers, code))
        return code


def _answer(always: dict[str, Callable[..., object]], asked: Asked) -> object:
    """What a call answers; for a file that was not built, that."""
    function, arguments = asked
    try:
        return always[function](*arguments)
    except LookupError as error:
        return type(error)
