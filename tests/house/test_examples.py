"""What is run from examples/ by hand says what it takes."""

import pytest

from examples import demo


def test_the_demos_help_starts_no_demo(capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with 0 and names each argument."""
    with pytest.raises(SystemExit) as ended:
        demo.read_arguments(["--help"])
    told = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(word in told for word in ("--lan", "folder", "YINJIAN_PORT"))


@pytest.mark.parametrize("arguments", [["--lann"], ["--la"], ["one", "two"], ["-x"]])
def test_the_demo_refuses_what_it_does_not_know(arguments: list[str]) -> None:
    """Nothing is made in a folder of that name."""
    with pytest.raises(SystemExit) as ended:
        demo.read_arguments(arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize("port", ["x", "0", "65536", "-1"])
def test_the_demos_port_is_refused_by_name(port: str) -> None:
    """No traceback."""
    with pytest.raises(demo.Failed, match="YINJIAN_PORT"):
        demo.port_of({"YINJIAN_PORT": port})
