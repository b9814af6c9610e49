"""What the processes write to standard error: a line of JSON for each event, or one for people at a terminal.

YINJIAN_LOG is json or console; unset, it is console where standard error is a terminal. Whatever went wrong is told by
its kind and place: what an error says may hold what a stranger sent.
"""

import logging
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from structlog.stdlib import ProcessorFormatter

_QUIET: Final = ("uvicorn.error", "uvicorn.asgi", "asyncio")
"""Of which only warnings are the operator's business."""


def structured(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether lines are JSON."""
    return (environ.get("YINJIAN_LOG") or ("console" if sys.stderr.isatty() else "json")) != "console"


def configure(environ: Mapping[str, str] = os.environ) -> None:
    """Sets the root logger up, once in a process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(structured=structured(environ)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Formatter(logging.Formatter):
    """structlog's, which is loaded with the first line: with all that it brings it takes a fifth of the start."""

    def __init__(self, *, structured: bool) -> None:
        super().__init__()
        self._structured = structured
        self._made: ProcessorFormatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        if self._made is None:
            self._made = _formatter(structured=self._structured)
        return self._made.format(record)


def _formatter(*, structured: bool) -> "ProcessorFormatter":
    import structlog

    common: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _kind_and_place,
    ]
    last = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if structured
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=common,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


def _kind_and_place(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An error in place of its traceback."""
    told = event.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["at"] = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return event
