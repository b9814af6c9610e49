"""A demo that runs, and is stopped."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests import PROJECT
from tests.integration.office import free_port


class Running:
    """A demo in a folder of its own, begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "demo"
        self.port = free_port()
        self._log = folder / "demo.log"
        environment = os.environ | {"YINJIAN_PORT": str(self.port), "YINJIAN_VAR": str(folder / "elsewhere")}
        command = [sys.executable, "-m", "examples.demo", str(self.folder)]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def printed(self) -> str:
        """What it has said until now."""
        return self._log.read_text("utf-8")

    def stopped(self, number: signal.Signals) -> str:
        """Stops it by a signal, and gives what it said: it left nothing that runs, and no trace elsewhere."""
        self.process.send_signal(number)
        code = self.process.wait(60)
        said = self.printed()
        assert code == 0, said
        assert "Traceback" not in said
        assert said.endswith("Stopped.\n")
        assert not (self.folder.parent / "elsewhere").exists()
        assert not list(self.folder.glob("**/postmaster.pid"))
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", self.port)) != 0
        return said
