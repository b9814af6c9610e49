"""A connection that sends an answer's head with its body: one call of the system and one packet instead of two."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

_HEAD: Final = b"HTTP/1.1 "
_END: Final = b"\r\n\r\n"


class OneWrite:
    """A transport around another. A head waits for what is written next, and at most for the loop's next turn.

    Where ``hears_out`` says so at its end, it closes its own half alone, and the protocol is still told what comes.
    """

    def __init__(
        self, transport: Any, loop: asyncio.AbstractEventLoop, hears_out: Callable[[], bool] = lambda: False
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""
        self._hears_out = hears_out
        self._ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether nothing more is written."""
        return self._ended or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Writes, or holds a head back that has no body behind it yet."""
        if self._held:
            data, self._held = self._held + data, b""
        elif self._ended:
            return
        elif data.startswith(_HEAD) and data.endswith(_END):
            self._held = data
            self._loop.call_soon(self._let_go)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Sends what is held, and ends; a second time for good."""
        self._let_go()
        if not self.is_closing() and self._hears_out():
            self._transport.write_eof()
        else:
            self._transport.close()
        self._ended = True

    def _let_go(self) -> None:
        held, self._held = self._held, b""
        if held and not self.is_closing():
            self._transport.write(held)
