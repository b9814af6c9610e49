"""What a worker asks its keeper: by which way."""

import asyncio
from pathlib import Path

import msgspec

from verify.files.jobs import ReadJson, Tree
from verify.processes import wire
from verify.processes.asking_keeper import Keeper, KeptMemory, KeptReaders


async def test_nobody_waits_behind_megabytes_of_anothers_on_the_way_to_the_keeper(tmp_path: Path) -> None:
    """While the keeper does not come to take a large body, small ones and counts are answered on another wire."""
    wires = 0
    unblocked = asyncio.Event()

    async def attend(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        nonlocal wires
        wires += 1
        decode = msgspec.msgpack.Decoder(wire.Asked).decode
        async for data in wire.frames(source):
            asked = decode(data)
            if isinstance(asked.message, wire.Piece):
                if len(asked.message.data) > 1000:
                    await unblocked.wait()  # nothing further is read of this wire
                continue
            answer: object = Tree(packed=b"x") if isinstance(asked.message, wire.Read) else [7]
            sink.write(wire.frame(wire.Told(value=msgspec.Raw(msgspec.msgpack.encode(answer)), number=asked.number)))
        sink.close()

    path = str(tmp_path / "keeper")
    server = await asyncio.start_unix_server(attend, path)
    keeper, large = Keeper(path), Keeper(path)
    readers = KeptReaders(keeper, large, "tables")
    slow = asyncio.create_task(readers.run(ReadJson(data=b"x" * 4_000_000, rows=0), "a"))
    await asyncio.sleep(0)
    assert await readers.run(ReadJson(data=b"x", rows=0), "b") == Tree(packed=b"x")
    assert await KeptMemory(keeper).tallies(["k"], 0.0) == [7]
    assert not slow.done()
    unblocked.set()
    assert await slow == Tree(packed=b"x")
    assert wires == 2
    await asyncio.gather(keeper.close(), large.close())
    server.close()
