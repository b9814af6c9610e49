"""The demo: it comes up whole, stops when it is told, and touches nothing that is not its own."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from examples import demo
from keys.programmes import Published
from tests import PROJECT
from tests.integration.office import free_port, look_up, post, wait_for
from tests.integration.running_demo import Running
from verify.core import qr_text
from verify.shared.toml.settings_file import Source


def check_log_from_outside(folder: Path, summary: dict[str, Any], qr: str) -> list[str]:
    """What the program of docs/transparency.md says, which uses nothing of ours."""
    found = re.search(r"```python\n(.*?)```", (PROJECT / "docs" / "transparency.md").read_text("utf-8"), re.DOTALL)
    assert found
    assert len(found[1].splitlines()) <= 60
    (folder / "log.py").write_text(found[1], "utf-8")
    keyring = Path(summary["keyring"])
    shown = subprocess.run(
        [sys.executable, "-m", "keys", "show", "--json"],
        cwd=keyring.parents[1],
        env=os.environ | {"YINJIAN_VAR": str(keyring.parents[1]), "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    (key,) = json.loads(shown.stdout)["log_keys"]
    command = [sys.executable, "-I", str(folder / "log.py"), summary["url"], key, qr]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_demo_comes_up_and_goes_without_a_trace(running: Running, tmp_path: Path) -> None:
    """Its samples verify in all three ways, and SIGTERM stops the service and the database."""
    wait_for((running.folder / "summary.json").exists, running.process, 300)
    summary = json.loads((running.folder / "summary.json").read_text("utf-8"))
    assert summary["url"] == f"http://127.0.0.1:{running.port}"
    assert all(Path(summary[name]).is_absolute() for name in ("keyring", "release", "certificates_dir"))
    samples = summary["samples"]
    assert len({sample["holder"] for sample in samples}) == 5
    for sample in samples:
        assert sample["qr"].startswith("https://VERIFY.EXAMPLE.ORG/Q/")
        by_qr = post(f"{summary['url']}/api/v1/verify", {"qr": sample["qr"]})
        by_name = {"number": sample["number"], "name": sample["holder"]}
        assert by_qr["outcome"] == "valid"
        assert post(f"{summary['url']}/api/v1/verify", by_name)["outcome"] == "valid"
        assert sample["number"] in look_up(summary["url"], sample["holder"], sample["id_number"])
        assert (by_qr["checks"][8]["code"], by_qr["receipt"]) == ("logged", None)
    told = post(f"{summary['url']}/api/v1/verify", {"number": samples[0]["number"], "receipt": True})
    assert told["receipt"]["tlog_proof"].startswith("c2sp.org/tlog-proof@v1\n")
    said = check_log_from_outside(tmp_path, summary, samples[0]["qr"])
    assert [line.partition(":")[0] for line in said] == ["checkpoint", "entries", "certificate"]
    printed = running.stopped(signal.SIGTERM)
    invitation = printed[printed.index("What the QR code") : printed.index("Stopping …")]
    named = re.findall(rf"{re.escape(str(tmp_path))}[^\s,]+", invitation)
    assert sorted(Path(name).suffix for name in named) == [".docx", ".pdf", ".pdf", ".png"]
    assert all(Path(name).is_file() for name in named)
    # What the service logs of its requests is none of the invitation.
    said = [line for line in invitation.splitlines() if line.strip() and not line.startswith("{")]
    assert any(f"{summary['url']}/" in line for line in said[-2:])  # the service's own first line may be the last


def test_the_demo_says_at_once_that_no_font_is_there(tmp_path: Path) -> None:
    """On a machine without a Chinese font its first word is what will be missing, and what brings it."""
    code = (
        "from examples import demo\nfrom signing.print import fonts\nfonts._installed = dict\n"
        f"from pathlib import Path\ndemo.Demo(Path({str(tmp_path)!r}), 1).look_at_fonts()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "No Chinese Song font is installed here" in done.stdout
    assert "make demo" in done.stdout


def test_the_demo_for_a_room_prints_codes_that_open_this_machine(tmp_path: Path) -> None:
    """With --lan the centre's settings and the samples' QR texts name the machine's own address."""
    made = demo.Demo(tmp_path, 8765, "192.168.1.5")
    made._centre()
    settings = Published.read(Source.of(tmp_path / "centre.toml"))
    text = qr_text.write(b"\x84\x01", settings.host, settings.scheme)
    assert text.startswith("http://192.168.1.5:8765/Q/")
    assert qr_text.read(text) == b"\x84\x01"


def test_the_demo_wipes_no_folder_but_its_own(tmp_path: Path) -> None:
    """A folder that no demo made is left as it is."""
    (tmp_path / "theses.txt").touch()
    command = [sys.executable, "-m", "examples.demo", str(tmp_path)]
    environment = os.environ | {"YINJIAN_PORT": str(free_port())}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no demo made it" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["theses.txt"]
