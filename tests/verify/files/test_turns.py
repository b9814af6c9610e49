"""Fair turns at the workers: who has had least goes first, and nobody's slow files stand before others' first."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.http_service import client
from tests.photos import qr_image
from tests.slow_files import nested_groups
from tests.verify.files.test_workers import CODE, png
from verify.files.refusals import FileRefused
from verify.files.turns.allowance import Allowance, Spent
from verify.files.turns.fair import Turns
from verify.files.turns.one_turn import Turn
from verify.files.turns.windows import OPEN, PERIOD, SLICE
from verify.files.workers import Workers
from verify.http.files.intake import Intake


class Clock:
    """It stands still until a test moves it."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


class Desk:
    """A reader that has had of a processor what the hall's clock says; ``aside`` and ``still`` name its job."""

    def __init__(self, hall: "Hall", name: str) -> None:
        self._hall = hall
        self._name = name
        self._gave_way = False

    @property
    def gave_way(self) -> bool:
        """Whether its job did."""
        return self._gave_way

    @gave_way.setter
    def gave_way(self, now: bool) -> None:
        self._gave_way = now
        if now and self._name not in self._hall.aside:
            self._hall.aside.append(self._name)

    def ran(self) -> float:
        """As long as the clock went on, or as many slices as it had."""
        return self._hall.now if self._hall.had is None else self._hall.had[self._name]

    def go_on(self, on: bool) -> None:
        """Notes it."""
        (self._hall.still.discard if on else self._hall.still.add)(self._name)


class Hall:
    """Jobs that run until they are told to stop, by a clock that a test moves."""

    def __init__(self, places: int = 1, **bounds: Any) -> None:
        self.now = 1000.0
        allowance = Allowance(bounds.pop("burst", 60.0), clock=lambda: self.now)
        self.busy = True
        """Whether those who answer are."""
        self.turns = Turns(places, allowance=allowance, busy=lambda: self.busy, **{"beside": 0} | bounds)
        self.begun: list[str] = []
        self.aside: list[str] = []
        self.here: dict[str, Desk] = {}
        self.still: set[str] = set()
        """Jobs that were told to stand still."""
        self.had: Counter[str] | None = None
        """Slices that each had, where only what is in windows is done."""
        self._stops: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[str]] = {}

    async def come(self, *names: str) -> None:
        """Jobs come, each named by its client and a number."""
        for name in names:
            self._stops[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._work(name))
            await self.settle()

    async def stop(self, name: str) -> None:
        """Its work is done."""
        self._stops[name].set()
        await self._tasks[name]
        await self.settle()

    async def answer(self, name: str) -> str:
        """What became of it."""
        return await self._tasks[name]

    async def settle(self) -> None:
        """Lets everything happen that can without time going on."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def look_again(self, seconds: float) -> None:
        """Some seconds later, those who wait are thought of again."""
        self.now += seconds
        self.turns._settle()
        await self.settle()

    async def close(self) -> None:
        """Nobody is left."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _work(self, name: str) -> str:
        try:
            await self.turns.do(name[0], lambda turn: self._do(name, turn))
        except FileRefused as refused:
            return refused.code
        except Spent as spent:
            return f"spent {spent.wait}"
        return "done"

    async def _do(self, name: str, turn: Turn) -> None:
        desk = self.here[name] = Desk(self, name)
        turn.begin(desk)
        self.begun.append(name)
        try:
            await self._stops[name].wait()
        finally:
            del self.here[name]
            self.still.discard(name)


@pytest.fixture
async def hall() -> AsyncIterator[Any]:
    """Makes halls that are emptied after the test."""
    halls = []

    def make(*args: Any, **bounds: Any) -> Hall:
        halls.append(Hall(*args, **bounds))
        return halls[-1]

    yield make
    for one in halls:
        await one.close()


async def test_somebodys_later_jobs_wait_behind_everybodys_first(hall: Any) -> None:
    """B and C come after ten of A's, and have their turns before the rest of them."""
    room = hall()
    await room.come(*(f"a{number}" for number in range(10)), "b0", "b1", "c0")
    for name in ("a0", "b0", "c0"):
        assert room.begun[-1] == name
        room.now += 0.1
        await room.stop(name)
    room.now += 0.1
    await room.stop(room.begun[-1])  # the three have had as much by now, and take turns
    assert {name[0] for name in room.begun[:3]} == {"a", "b", "c"}
    assert len({name[0] for name in room.begun[3:5]}) == 2


async def test_a_slow_job_goes_on_aside_when_another_waits(hall: Any) -> None:
    """Both run; where nobody waits it keeps its place however long it takes."""
    room = hall()
    await room.come("a0")
    await room.look_again(10)
    assert room.aside == []
    await room.come("b0")
    assert room.aside == ["a0"]
    assert room.begun == ["a0", "b0"]
    await room.stop("a0")
    assert await room.answer("a0") == "done"


async def test_who_has_had_most_is_ended_where_there_is_no_room_aside(hall: Any) -> None:
    """Its sender is told to come again: nothing is wrong with the file."""
    room = hall(aside=1)
    await room.come("a0")
    await room.look_again(3)
    await room.come("b0")
    await room.look_again(2)
    await room.come("c0")
    assert await room.answer("a0") == "busy"
    await room.settle()
    assert room.begun == ["a0", "b0", "c0"]
    assert room.aside == ["a0", "b0"]


@pytest.mark.parametrize("seconds", [0.3, 0.5, 1.0, 1.5])
async def test_ten_that_come_at_once_are_all_served(hall: Any, seconds: float) -> None:
    """Who never had anything: a job that was ended for others who came with it begins anew, and none is sent away."""
    room = hall(2, beside=2)
    names = [f"{client}0" for client in "abcdefghij"]
    await room.come(*names)
    for _ in range(round(len(names) * seconds * 10 * 4)):  # four times what they take one after another
        await room.look_again(0.1)
        for turn in room.turns._running:
            if turn.took() >= seconds:
                room._stops[f"{turn.client}0"].set()
        await room.settle()
    assert [await room.answer(name) for name in names if room._tasks[name].done()] == ["done"] * 10


async def test_who_has_had_little_begins_beside_slow_jobs_that_find_no_room_aside(hall: Any) -> None:
    """Nobody's job is ended for it; the next waits, as does a client that has had more than a little."""
    room = hall(aside=0, beside=1)
    await room.come("d0")
    room.now += 1
    await room.stop("d0")
    await room.come("a0", "d1")
    assert room.begun == ["d0", "a0"]
    await room.come("b0", "c0")
    assert room.begun == ["d0", "a0", "b0"]
    await room.stop("b0")
    assert room.begun == ["d0", "a0", "b0", "c0"]
    assert room.aside == []


async def test_a_client_that_has_had_much_takes_no_place(hall: Any) -> None:
    """It works aside, also while nobody else is there, so that the next one finds a place at once."""
    room = hall()
    await room.come("a0")
    room.now += 3
    await room.stop("a0")
    await room.come("a1", "a2", "a3")
    assert room.begun == ["a0", "a1", "a2"]
    await room.come("b0")
    assert room.begun == ["a0", "a1", "a2", "b0"]
    assert room.aside == ["a1", "a2"]  # from their beginning: nobody had to move


async def test_who_has_had_more_waits_for_those_aside_who_have_had_less(hall: Any) -> None:
    """And ends them only once they have had very much more."""
    room = hall(aside=1)
    for name, seconds in (("a0", 9), ("b0", 3)):
        await room.come(name)
        room.now += seconds
        await room.stop(name)
    await room.come("b1", "a1")
    await room.look_again(10)
    assert room.begun == ["a0", "b0", "b1"]
    await room.look_again(20)
    assert await room.answer("b1") == "busy"
    await room.settle()
    assert room.begun[-1] == "a1"


async def test_a_full_queue_turns_away_whoever_has_most_in_it(hall: Any) -> None:
    """One client's hundred files never keep another's first from the queue."""
    room = hall(queue=4)
    await room.come("a0", "a1", "a2", "a3", "a4", "b0")
    assert await room.answer("a4") == "busy"
    await room.come("c0")
    assert await room.answer("a3") == "busy"
    room.now += 0.1
    await room.stop("a0")
    assert room.begun == ["a0", "b0"]


async def test_what_a_client_has_had_wears_off(hall: Any) -> None:
    """Beyond its allowance it is told when to come again, and then served; the others never notice."""
    room = hall(burst=10)
    await room.come("a0")
    room.now += 12
    await room.stop("a0")
    await room.come("a1", "b0")
    assert await room.answer("a1") == "spent 11"
    assert room.begun == ["a0", "b0"]
    await room.stop("b0")
    room.now += 11
    await room.come("a2")
    assert room.begun[-1] == "a2"


async def test_an_allowance_that_is_spent_while_one_waits_is_told_when_the_turn_comes(hall: Any) -> None:
    """So that sixty files sent at once cost no more than those sent one after the other."""
    room = hall(burst=10)
    await room.come("a0", "a1")
    room.now += 30
    await room.stop("a0")
    assert (await room.answer("a1")).startswith("spent")


async def test_one_client_has_so_many_files_there_and_no_more(hall: Any) -> None:
    """What runs and what waits counts."""
    room = hall(each=3)
    await room.come("a0", "a1", "a2", "a3", "b0")
    assert (await room.answer("a3")).startswith("spent")
    assert room.turns.crowd("b") == 2.0  # its own, and a's two as one


async def test_who_goes_away_leaves_no_turn_behind(hall: Any) -> None:
    """Waiting, running, and in the very moment in which the turn comes."""
    room = hall()
    await room.come("a0", "b0", "c0")
    for name in ("b0", "a0"):
        room._tasks[name].cancel()
    await room.settle()
    assert room.begun == ["a0", "c0"]
    room._stops["c0"].set()
    room._tasks["c0"].cancel()
    await room.settle()
    await room.come("d0")
    assert room.begun[-1] == "d0"


def test_a_turn_that_was_ended_before_it_ran_does_not_run() -> None:
    """The refusal says that nothing is wrong with the file."""

    async def work() -> None:
        turn = Turn("a", lambda: 0.0)
        turn.end()
        async with turn.running():
            await asyncio.sleep(10)

    with pytest.raises(FileRefused) as refused:
        asyncio.run(work())
    assert refused.value.code == "busy"


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    """Real workers, as many as a service has."""
    files_in = Intake()
    await files_in.start()
    yield files_in
    await files_in.close()


@contextlib.asynccontextmanager
async def slow_files(intake: Intake, *peers: str) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """From each of these addresses a PDF that would take its reader minutes; they are on their way."""
    async with contextlib.AsyncExitStack() as stack:
        askers = [await stack.enter_async_context(client(parts={"intake": intake}, peer=peer)) for peer in peers]
        file = {"file": ("a.pdf", nested_groups())}
        sending = [asyncio.create_task(asker.post("/api/v1/verify/document", files=file)) for asker in askers]
        await asyncio.sleep(0.5)
        yield sending
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)


async def test_ten_slow_pictures_never_stand_before_a_table(intake: Intake) -> None:
    """A list of one row is answered while all ten are still there."""
    assert len(nested_groups()) < 2700
    async with (
        slow_files(intake, *["192.0.2.66"] * 10) as sending,
        client(parts={"intake": intake}, peer="192.0.2.9") as other,
    ):
        rows = "证书编号,姓名\nCEM2204000123X,张三\n".encode()
        answer = await other.post("/api/v1/verify/batch", files={"file": ("a.csv", rows)})
        assert answer.status_code == 200
        assert "CEM2204000123X" in answer.text
        assert not any(task.done() for task in sending)


async def test_ten_clients_slow_pictures_never_stand_before_anothers_first(intake: Intake) -> None:
    """An honest photo is read while slow ones of ten addresses run and wait."""
    async with (
        slow_files(intake, *(f"192.0.2.{number}" for number in range(10, 20))) as sending,
        client(parts={"intake": intake}, peer="192.0.2.200") as other,
    ):
        photo = png(qr_image("https://a.example/", 4))
        answer = await other.post("/api/v1/verify/document", files={"file": ("a.png", photo)})
        assert answer.status_code == 200
        assert not all(task.done() for task in sending)


async def test_a_client_beyond_its_allowance_of_seconds_is_told_when_to_come_again() -> None:
    """By a problem with Retry-After; another client's file is read."""
    pool = Workers(1, allowance=Allowance(0.001, 0.01))
    intake = Intake(pool)
    async with client(parts={"intake": intake}) as greedy, client(parts={"intake": intake}, peer="192.0.2.9") as other:
        file = {"file": ("a.png", CODE)}
        assert (await greedy.post("/api/v1/verify/document", files=file)).status_code == 200
        answer = await greedy.post("/api/v1/verify/document", files=file)
        assert (answer.status_code, answer.json()["code"]) == (429, "reading_spent")
        assert int(answer.headers["retry-after"]) > 0
        assert (await other.post("/api/v1/verify/document", files=file)).status_code == 200
    await intake.close()


async def test_a_job_that_waits_for_a_processor_does_not_give_way() -> None:
    """It has had little of one, however long ago it began; only who holds a place for very long does all the same."""
    clock = Clock()
    hall = Hall()
    hall.had = Counter()
    turn = Turn("a", clock)
    turn.begin(Desk(hall, "a0"))
    for now, ran, slow in ((0.9, 0.2, False), (0.9, 0.3, True), (1.1, 0.0, True)):
        clock.now = now
        hall.had["a0"] = ran  # type: ignore[assignment]  # seconds
        assert turn.slow() == slow
    turn.done()
    hall.had["a0"] = 5
    clock.now = 5
    assert (turn.took(), turn.ran()) == (1.1, 0.0)


async def in_slices(room: Hall) -> str:
    """A slice goes by: of those that gave way, who had the windows alone has had anything."""
    assert room.had is not None
    going = {name for name, desk in room.here.items() if desk.gave_way} - room.still
    assert len(going) <= 1
    name = "".join(going)
    room.had[name] += 1
    await room.look_again(SLICE)
    for turn in room.turns._running:
        turn._look()  # by the hall's clock
    await room.settle()
    return name


async def test_an_expensive_file_has_its_slices_among_others_that_never_end(hall: Any) -> None:
    """Two at work aside have turns, whoever came first: nobody's file waits for a processor that rests."""
    room = hall(aside=2, burst=1000)
    room.had = Counter()
    for name in ("a0", "b0"):  # both have had much, and work aside
        await room.come(name)
        await room.look_again(3)
        await room.stop(name)
    await room.come("a1", "b1")
    assert [await in_slices(room) for _ in range(6)] == ["a1", "b1"] * 3


async def test_no_expensive_file_is_starved_by_ten_clients_whose_files_never_end(hall: Any) -> None:
    """The one that comes last of eleven has four slices among (10 + 1) * (4 + 1), counted and not timed."""
    room = hall(2, aside=2, beside=1, queue=400, burst=1000)
    room.had = Counter()
    await room.come(*(f"{client}{number}" for client in "abcdefghij" for number in range(20)))
    for _ in range(60):
        await in_slices(room)
    await room.come("z0")
    others = 0
    while room.had["z0"] < 4:
        others += await in_slices(room) != "z0"
        assert others <= 11 * 5
    await room.stop("z0")
    assert await room.answer("z0") == "done"


async def test_where_those_who_answer_are_busy_jobs_that_gave_way_go_on_one_by_one_in_windows(hall: Any) -> None:
    """Outside of windows all stand still, where nobody is busy all go on, and who did not give way always does."""
    room = hall(2, aside=2, burst=1000)
    for name in ("a0", "b0"):  # both have had much, and work aside
        await room.come(name)
        await room.look_again(3)
        await room.stop(name)
    await room.come("a1", "b1", "c0")
    assert room.still in ({"a1"}, {"b1"})  # the clock stands where a window begins
    await room.look_again((OPEN + 1) / 1000)
    assert room.still == {"a1", "b1"}
    await room.look_again((PERIOD - OPEN) / 1000)
    assert room.still in ({"a1"}, {"b1"})
    await room.look_again(OPEN / 1000)
    room.busy = False
    await room.look_again(0)
    assert room.still == set()
    room.busy = True
    await room.look_again(0)
    assert room.still == {"a1", "b1"}
    await room.stop("a1")  # it had just ended: its reader is to be had for other jobs
    assert room.still == {"b1"}


async def test_a_job_that_begins_anew_gives_way_from_its_beginning(hall: Any) -> None:
    """It was slow before: it needs no quarter of a second to show that again, each time that it is ended."""
    room = hall(1, aside=0)
    await room.come("a0")
    await room.look_again(1)
    await room.come("b0")
    assert room.begun == ["a0", "b0"]
    await room.stop("b0")
    assert (room.begun, room.aside) == (["a0", "b0", "a0"], ["a0"])
