"""An answer's head leaves with its body, and alone where no body follows."""

import asyncio

from verify.http.answers.one_write import OneWrite

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.half = self.closed = False

    def write_eof(self) -> None:
        """Ends its half."""
        self.half = True

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def write(self, data: bytes) -> None:
        """Keeps it."""
        self.written.append(data)

    def close(self) -> None:
        """Ends."""
        self.closed = True


async def test_a_head_waits_for_its_body() -> None:
    """One write for both; what follows is written as it comes."""
    wire = Wire()
    transport = OneWrite(wire, asyncio.get_running_loop())
    transport.write(HEAD)
    assert wire.written == []
    transport.write(b"body")
    transport.write(b"more")
    await asyncio.sleep(0)
    assert wire.written == [HEAD + b"body", b"more"]


async def test_a_head_that_has_its_body_waits_for_nothing() -> None:
    """It leaves at once, and alone."""
    wire = Wire()
    OneWrite(wire, asyncio.get_running_loop()).write(HEAD + b"body")
    assert wire.written == [HEAD + b"body"]


async def test_a_head_without_a_body_leaves_all_the_same() -> None:
    """At the loop's next turn, or when the connection is closed."""
    wire = Wire()
    transport = OneWrite(wire, asyncio.get_running_loop())
    transport.write(HEAD)
    await asyncio.sleep(0)
    assert wire.written == [HEAD]
    transport.write(HEAD)
    transport.close()
    await asyncio.sleep(0)
    assert (wire.written, wire.closed) == ([HEAD, HEAD], True)


async def test_who_may_be_sending_is_told_the_end_and_heard_out() -> None:
    """Half is closed at first, and nothing more is written; the second time all of it is."""
    wire = Wire()
    transport = OneWrite(wire, asyncio.get_running_loop(), lambda: True)
    transport.write(HEAD)
    transport.close()
    transport.write(b"late")
    assert (wire.written, wire.half, wire.closed, transport.is_closing()) == ([HEAD], True, False, True)
    transport.close()
    assert wire.closed
