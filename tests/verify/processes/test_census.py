"""Connections of all processes: who gives one up."""

from verify.processes.census import Census


def test_an_address_has_no_more_connections_than_it_may_over_all_processes() -> None:
    """The process with most of them gives up one for each that comes on top."""
    census: Census[str] = Census(of_address=4, in_all=100)
    assert [census.met("a", process) for process in ("one", "two", "one", "one")] == [None] * 4
    assert census.met("a", "two") == ("a", "one")
    assert census.count == 4
    census.left("a", "one")  # the one that was told to go
    assert census.count == 4
    census.left("a", "one")
    assert census.count == 3
    assert census.met("a", "two") is None


def test_the_heaviest_address_makes_room_and_one_as_light_as_the_newcomer_does_not() -> None:
    """Where all places are taken."""
    census: Census[str] = Census(of_address=10, in_all=5)
    for key in "aaabc":
        census.met(key, "one")
    assert census.met("d", "two") == ("a", "one")
    assert census.met("b", "two") in (("a", "one"), ("b", "one"), ("b", "two"))
    light: Census[str] = Census(of_address=10, in_all=3)
    for key in "abc":
        light.met(key, "one")
    assert light.met("d", "two") == ("d", "two")


def test_what_a_dead_process_had_counts_no_more() -> None:
    """Nor does what it was told to give up."""
    census: Census[str] = Census(of_address=2, in_all=100)
    for _ in range(3):
        census.met("a", "one")
    census.met("b", "two")
    census.lost("one")
    assert census.count == 1
    assert [census.met("a", "two") for _ in range(2)] == [None, None]


def test_nothing_is_kept_of_connections_that_went() -> None:
    """Of an address that had more than it may, and let all of them go, no entry is left."""
    census: Census[str] = Census(of_address=1, in_all=100)
    for address in range(50):
        census.met(str(address), "first")
        assert census.met(str(address), "first") == (str(address), "first")
        census.left(str(address), "first")
        census.left(str(address), "first")
    assert (census.count, len(census._going), len(census._of)) == (0, 0, 0)
