"""Making room in what is kept in memory."""

from verify.core.making_room import make_room


def test_a_full_table_forgets_its_first_entries_together() -> None:
    """A sixteenth of them, the first that came; one that is not full forgets none, and a small one a single one."""
    kept = dict.fromkeys(range(160))
    make_room(kept, 161)
    assert len(kept) == 160
    make_room(kept, 160)
    assert list(kept) == list(range(10, 160))
    small = {1: None, 2: None}
    make_room(small, 2)
    assert list(small) == [2]
