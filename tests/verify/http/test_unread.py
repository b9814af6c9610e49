"""Answers that nobody reads: whose ends for whom, and that connections count theirs and forget them."""

import asyncio

import uvicorn
from uvicorn.server import ServerState

from verify.http.answers.unread import Unread
from verify.http.guard.connections import Connections, Guarded


class Waiting:
    """A connection that is told to give way."""

    ended = False

    def give_way(self) -> bool:
        """Ends."""
        self.ended = True
        return True


def test_an_address_loses_its_oldest_unread_answer_and_all_the_one_with_most() -> None:
    """Beyond its share its own, beyond all that of who has most; one alone none, however large."""
    every = Unread(of_address=100, in_all=250)
    ones = [Waiting() for _ in range(5)]
    keys = ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
    for one, key, size in zip(ones, keys, (60, 60, 90, 90, 80), strict=True):
        every.hold(one, key, size)
    assert [one.ended for one in ones] == [True, False, True, False, False]
    for one in ones:
        every.forget(one)
    assert every.count == 0
    every.hold(ones[4], keys[4], 1000)
    assert (every.count, ones[4].ended) == (1000, False)
    every.hold(ones[4], keys[4], 90)
    assert every.count == 90


class Wire(asyncio.Transport):
    """A transport of which so many bytes are unread."""

    def __init__(self, address: str, size: int) -> None:
        super().__init__({"peername": (address, 1)})
        self.size = size
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        """The bytes."""
        return self.size

    def abort(self) -> None:
        """Ends."""
        self.aborted = True

    def is_closing(self) -> bool:
        """Whether it ended."""
        return self.aborted

    def close(self) -> None:
        """Ends, when all is read."""

    def resume_reading(self) -> None:
        """Goes on."""


async def _app(_scope: object, _receive: object, _send: object) -> None:
    """Is never asked."""


async def test_connections_count_what_is_unread_of_theirs() -> None:
    """From when more waits than a wire takes until it was read or the connection is lost."""
    connections = Connections(header_seconds=60)
    connections.unread = Unread(of_address=100)
    config = uvicorn.Config(_app, log_config=None, lifespan="off", ws="none")
    config.load()
    made: list[tuple[Guarded, Wire]] = []
    for address, size in (("192.0.2.1", 60), ("192.0.2.1", 70), ("192.0.2.2", 80)):
        one = connections.protocol()(config, ServerState(), {}, asyncio.get_running_loop())
        wire = Wire(address, size)
        one.connection_made(wire)
        one.pause_writing()
        made.append((one, wire))
    assert [wire.aborted for _, wire in made] == [True, False, False]
    assert connections.unread.count == 150
    made[1][0].resume_writing()
    assert connections.unread.count == 80
    for one, _ in made:
        one.connection_lost(None)
    assert connections.unread.count == 0
