"""What a killed command leaves beside a file goes with the next that writes it, and nobody else's does."""

from pathlib import Path

from verify.shared import whole_files


def left(folder: Path, *names: str) -> None:
    """Drafts as a kill leaves them: files, and a folder with a file."""
    for name in names:
        (folder / name).write_text("half")
    (folder / ".print.00c0ffee").mkdir()
    (folder / ".print.00c0ffee" / "a.pdf").write_text("half")


def there(folder: Path) -> set[str]:
    """What is in it."""
    return {path.name for path in folder.iterdir()}


def test_a_write_takes_the_drafts_of_its_own_name_away(tmp_path: Path) -> None:
    """Whether they begin with a digit or a letter; what has another name, or is nobody's draft, stays."""
    stay = [".b.xlsx.00c0ffee", ".a.xlsx.swp", ".a.xlsx.00c0ffeg", "a.xlsx.00c0ffee", ".bashrc"]
    left(tmp_path, ".a.xlsx.00c0ffee", ".a.xlsx.c0ffee00", *stay)
    whole_files.write(tmp_path / "a.xlsx", b"whole")
    assert there(tmp_path) == {"a.xlsx", ".print.00c0ffee", *stay}
    whole_files.sweep(tmp_path)
    assert there(tmp_path) == {"a.xlsx", *stay[1:]}


def test_a_folder_to_work_in_is_its_owners_and_goes(tmp_path: Path) -> None:
    """With what a killed command left of it."""
    left(tmp_path)
    with whole_files.aside(tmp_path / "print") as made:
        assert there(tmp_path) == {made.name}
        assert made.stat().st_mode & 0o777 == 0o700
        (made / "b.pdf").write_text("half")
    assert there(tmp_path) == set()


def test_a_link_in_a_drafts_place_goes_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    """Nothing behind a link is taken for a draft's content."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "kept").write_text("x")
    (tmp_path / ".a.00c0ffee").symlink_to(tmp_path / "other")
    whole_files.sweep(tmp_path)
    assert there(tmp_path) == {"other"}
    assert there(tmp_path / "other") == {"kept"}


def test_drafts_of_many_files_cost_no_look_at_the_folder_each(tmp_path: Path) -> None:
    """Whoever draws thirty thousand codes sweeps once."""
    left(tmp_path, ".a.svg.00c0ffee")
    whole_files.write(tmp_path / "a.svg", b"whole", among_many=True)
    assert ".a.svg.00c0ffee" in there(tmp_path)
