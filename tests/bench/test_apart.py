"""The group in which the hostile benchmark's ten stand apart."""

from pathlib import Path

from bench.apart import idle_group


def test_a_group_is_idle_while_it_is_and_gone_afterwards() -> None:
    """Where this user may make none there is none, and the benchmark says so."""
    with idle_group() as group:
        if group is not None:
            assert (group / "cpu.idle").read_text("ascii").strip() == "1"
    assert group is None or not group.exists()


def test_a_folder_that_is_no_control_group_is_left_as_it_was(tmp_path: Path) -> None:
    """Neither one without the kernel's files nor one that has no idle groups."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "cgroup.procs").touch()
    with idle_group((tmp_path / "none", tmp_path / "old")) as group:
        assert group is None
    assert [path.name for path in (tmp_path / "old").iterdir()] == ["cgroup.procs"]
