"""A connection that sends an answer's head with its body: one call of the system and one packet instead of two."""

import asyncio
from typing import Any, Final

_HEAD: Final = b"HTTP/1.1 "
_END: Final = b"\r\n\r\n"


class OneWrite:
    """A transport around another. A head waits for what is written next, and at most for the loop's next turn."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Writes, or holds a head back that has no body behind it yet."""
        if self._held:
            data, self._held = self._held + data, b""
        elif data.startswith(_HEAD) and data.endswith(_END):
            self._held = data
            self._loop.call_soon(self._let_go)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Sends what is held, and ends."""
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        held, self._held = self._held, b""
        if held and not self.is_closing():
            self._transport.write(held)
