"""``make demo``: an exam from the workbook to the public site, by the commands that a centre would type.

Everything is in var/demo (or the folder given), made anew at each start, with a database of its own. Ctrl-C or SIGTERM
stops it all. With ``--lan`` site and QR codes are at this machine's address, for phones in the same room; anybody in
the same network can open it then.
"""

import argparse
import contextlib
import fcntl
import ipaddress
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from examples import invented_pictures, make_workbook
from signing.print.fonts import FontBook, FontMissing
from verify.core import certificate, identity, qr_text, statement
from verify.core.statement import Kind
from verify.shared.command import Refusal

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "var" / "demo"
TERM: Final = "2022-04"
PROGRAMMES: Final = ("CEM", "CAM")
SAMPLES: Final = ("买买提·吐尔逊江", "王𠮷", "王莉", "次仁卓玛", "欧阳若兰")
MARK: Final = ".demo"
"""The file by which a folder that the demo was given is known, so that no other is ever wiped."""
PLAIN: Final = """
Phones open this by plain http, to which browsers lend neither camera nor cryptography. There work: the phone's own
camera on a QR code, numbers with names, photos and PDFs, whole lists, pass lists. The page's own camera and lookups by
name and ID number say that they want https; on this machine they work at http://127.0.0.1 without --lan."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FONTS: Final = ROOT / ".fonts"
"""Where `make demo` puts free fonts, so that certificates are printed on a machine that has none."""
_KEPT: Final = ("YINJIAN_PORT", "YINJIAN_RATE_LIMITS", "YINJIAN_DEBUG", "YINJIAN_FONTS")
"""Settings of the caller's that the demo follows; all others would lead it out of its folder."""


class Stopped(Exception):
    """Somebody wants the demo to end."""


class Failed(Exception):
    """A command did not do its work; the message says which."""


class Demo:
    """One run in one folder."""

    def __init__(self, folder: Path, port: int, host: str = "127.0.0.1") -> None:
        self.folder = folder
        self.port = port
        self.url = f"http://{host}:{port}"
        self._lan = host != "127.0.0.1"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YINJIAN_") or name in _KEPT}
        self._environment = kept | {
            "YINJIAN_VAR": str(folder),
            "YINJIAN_SITE": str(ROOT / "examples" / "site.toml"),
            "YINJIAN_PASSPHRASE_FILE": str(folder / "passphrase"),
            "YINJIAN_PORT": str(port),
            "YINJIAN_HOST": host,
        }
        if FONTS.is_dir():
            os.environ.setdefault("YINJIAN_FONTS", str(FONTS))
            self._environment.setdefault("YINJIAN_FONTS", str(FONTS))
        self._running: subprocess.Popen[bytes] | None = None
        self._book: FontBook | None = None

    def start(self, *command: str, quiet: bool = False) -> subprocess.Popen[bytes]:
        """Starts one of the commands beside this Python, in the demo's folder.

        It has a process group of its own, so that Ctrl-C comes here alone and things are stopped in order.
        """
        program, *arguments = command
        path = str(Path(sys.executable).parent / program)
        return subprocess.Popen(
            [path, *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else None,
            process_group=0,
        )

    def run(self, *command: str) -> None:
        """Runs a command as a user would, its output and all. Raises Failed."""
        print(f"\n$ {shlex.join(command)}", flush=True)
        self._running = self.start(*command)
        code = self._running.wait()
        self._running = None
        if code != 0:
            raise Failed(f"{shlex.join(command)}: exit code {code}")

    def prepare(self) -> None:
        """From nothing to a published exam."""
        if self.folder.exists():
            if self.folder != FOLDER and not (self.folder / MARK).exists():
                raise Failed(f"{self.folder} is there already, and no demo made it")
            with contextlib.suppress(Failed):  # nothing to stop
                self.stop_database(quiet=True)
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        (self.folder / MARK).touch()
        self._centre()
        make_workbook.write(self.folder / "candidates.xlsx")
        passphrase = os.open(self.folder / "passphrase", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(passphrase, "w") as file:
            file.write(secrets.token_urlsafe(16))
        print(
            f"A centre of the demo's own in {self.folder}: centre.toml, and {make_workbook.PEOPLE} invented candidates."
        )
        self.run("yinjian-keys", "init", "keys")
        self.run("yinjian-migrate", "up")
        self.run("yinjian-sign", "check", "candidates.xlsx")
        self.run("yinjian-sign", "announce", "candidates.xlsx", "--exam", TERM)
        self.run("yinjian-sign", "publish", f"releases/{TERM}-notice-1.release")
        paper = ("--pdf", "--photos", "photos", "--some-photos") if self._book else ()
        self.run("yinjian-sign", "issue", "candidates.xlsx", "--exam", TERM, "--early", "demonstration", *paper)
        self.run("yinjian-sign", "publish", f"releases/{TERM}-final-1.release")

    def _centre(self) -> None:
        """The example's centre.toml, with seals, and everybody's photo named by 准考证号."""
        text = (ROOT / "examples" / "centre.toml").read_text("utf-8")
        if self._book:
            settings = tomllib.loads(text)
            files = {issuer["id"]: f"seal-{issuer['id']}.png" for issuer in settings["issuers"]}
            for issuer in settings["issuers"]:
                name = issuer["name"]["zh"]
                invented_pictures.seal(name, self._book.face(name), self.folder / files[issuer["id"]])
            seals = ", ".join(f'{issuer} = "{file}"' for issuer, file in files.items())
            text = re.sub(r"(?m)^# seals = .*$", f"seals = {{ {seals} }}", text)
            (self.folder / "photos").mkdir()
            for row in make_workbook.rows():
                invented_pictures.portrait(str(row[0]), self.folder / "photos" / f"{row[0]}.jpg")
        if self._lan:  # QR codes open this machine, for phones in the same room
            text = re.sub(r"(?m)^query_url = .*$", f'query_url = "{self.url}"', text)
        (self.folder / "centre.toml").write_text(text, "utf-8")

    def look_at_fonts(self) -> None:
        """Finds the fonts that certificates are printed with, and says at once what will be missing without them."""
        try:
            self._book = FontBook.find()
        except FontMissing as error:
            print(f"{error}\nWithout it no certificate is printed; `make demo` brings fonts of its own.", flush=True)

    def open_site(self) -> subprocess.Popen[bytes]:
        """Starts the public service and waits until it is ready."""
        print("\n$ yinjian-verify serve", flush=True)
        self._running = service = self.start("yinjian-verify", "serve")
        self._wait_ready(service)
        return service

    def serve(self) -> None:
        """Runs the public service until it ends or the demo is stopped; writes summary.json once it is ready."""
        service = self.open_site()
        samples = find_samples(self.folder, self.url if self._lan else None)
        self._summarise(samples)
        print(self._invitation(samples), flush=True)
        code = service.wait()
        self._running = None
        raise Failed(f"yinjian-verify serve: exit code {code}")

    def _wait_ready(self, service: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if service.poll() is not None:
                raise Failed(f"yinjian-verify serve: exit code {service.returncode}")
            with (
                contextlib.suppress(urllib.error.URLError, TimeoutError),
                urllib.request.urlopen(f"{self.url}/health/ready", timeout=5),  # noqa: S310 - our own http address
            ):
                return
            time.sleep(0.1)
        raise Failed("yinjian-verify serve: not ready after 60 s")

    def _summarise(self, samples: list[dict[str, str]]) -> None:
        summary = {
            "url": self.url,
            "keyring": str(self.folder / "keys" / "keyring.cbor"),
            "release": str(self.folder / "releases" / f"{TERM}-final-1.release"),
            "certificates_dir": str(self.folder / "certificates"),
            "samples": samples,
        }
        draft = self.folder / ".summary.json"
        draft.write_text(json.dumps(summary, ensure_ascii=False, indent=2), "utf-8")
        draft.replace(self.folder / "summary.json")

    def _invitation(self, samples: list[dict[str, str]]) -> str:
        lines = [
            "",
            f"What the QR code of a certificate opens (the paper names {samples[0]['qr'].partition('/Q/')[0]}):",
        ]
        for sample in samples:
            digits = qr_text.digits(sample["qr"])
            lines += ["", f"{sample['holder']}  {sample['number']}  {sample['id_number']}", f"{self.url}/Q/{digits}"]
        announcement = self.folder / "releases" / f"{TERM}-notice-1"
        certificate_file = self.folder / "certificates" / f"{samples[0]['number']}.pdf"
        written = {
            "The announcement": [announcement.with_suffix(".pdf"), announcement.with_suffix(".docx")],
            "A certificate": [certificate_file],
            "QR codes to scan": [certificate_file.with_suffix(".png")],
        }
        lines.append("")
        for title, files in written.items():
            there = [str(file) for file in files if file.exists()]
            if there:
                lines.append(f"{title + ':':<19}{', '.join(there)}")
        lines += [
            f"For programs:      {self.url}/api/schema/openapi.json",
            f"Pass lists:        {self.url}/pass-lists",
            "Ctrl-C stops everything.",
            *([PLAIN] if self._lan else []),
            "",
            f"The public site:   {self.url}/",
        ]
        return "\n".join(lines)

    def stop(self) -> None:
        """Stops whatever runs: the command or service first, the database after it."""
        if self._running is not None and self._running.poll() is None:
            self._running.terminate()
            try:
                self._running.wait(20)
            except subprocess.TimeoutExpired:
                self._running.kill()
                self._running.wait()
        if (self.folder / MARK).exists():
            self.stop_database()

    def stop_database(self, *, quiet: bool = False) -> None:
        """Stops the folder's own database. Raises Failed."""
        down = self.start("yinjian-migrate", "down", quiet=quiet)
        if down.wait(60) != 0:
            raise Failed("yinjian-migrate down")


def find_samples(folder: Path, url: str | None = None) -> list[dict[str, str]]:
    """Five people with a certificate: what is on the paper, and the ID number that only the workbook has.

    ``url`` is the address that the paper names, where it is not the example's.
    """
    host = "VERIFY.EXAMPLE.ORG" if url is None else url.partition("//")[2]
    release = (folder / "releases" / f"{TERM}-final-1.release").read_bytes()
    issued = {
        found.holder: (found, item.data)
        for item in statement.sequence(release)
        if item.kind is Kind.CERTIFICATE
        for found in (certificate.read(item),)
    }
    samples = []
    for name in SAMPLES:
        found, data = issued[name]
        id_number = next(
            str(row[4]) for row in make_workbook.rows() if identity.name_key(str(row[1])) == identity.name_key(name)
        )
        samples.append({
            "number": found.number,
            "holder": name,
            "id_number": id_number,
            "qr": qr_text.write(data, host, "https" if url is None else "http"),
        })  # fmt: skip
    return samples


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Keeps a second demo from wiping the folder of one that runs. Raises Failed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"another demo runs in {folder}") from None
        yield


def lan_address() -> str:
    """The machine's own address in its network, as the way out would have it; nothing is sent. Raises Failed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737)
            address: str = probe.getsockname()[0]
        except OSError:
            address = ""
    if not address or not ipaddress.ip_address(address).is_private or address.startswith("127."):
        raise Failed("this machine has no address in a private network that a phone could open")
    return address


def check_port(port: int, host: str = "127.0.0.1") -> None:
    """Raises Failed where the port is taken, before any work is done."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Failed(f"port {port} is in use: YINJIAN_PORT=8001 make demo") from None


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Where the demo is made, and for whom; shows help, or refuses what it does not know, by SystemExit."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.demo",
        allow_abbrev=False,
        description="An exam from the workbook to the public site, by the commands that a centre would type. "
        "Ctrl-C stops it all.",
        epilog="YINJIAN_PORT is the site's port, 8000 where it is not set. By make: make demo ARGS=--lan",
    )
    parser.add_argument("--lan", action="store_true", help="serve at this machine's address, for phones in the room")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, help="made anew at each start; var/demo where none is named"
    )
    return parser.parse_args(arguments)


def port_of(environ: Mapping[str, str]) -> int:
    """The site's port. Raises Failed."""
    said = environ.get("YINJIAN_PORT") or "8000"
    if not (said.isascii() and said.isdigit() and len(said) < 6 and 0 < int(said) < 65536):
        raise Failed("YINJIAN_PORT is a number from 1 to 65535")
    return int(said)


def main() -> int:
    """Runs the demo until somebody stops it; wrong usage ends it with 2 before anything is made."""
    asked = read_arguments(sys.argv[1:])
    signals = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]  # as under nohup
    for number in signals:
        signal.signal(number, _stop)
    folder = asked.folder.absolute()
    try:
        port = port_of(os.environ)
        host = lan_address() if asked.lan else "127.0.0.1"
        demo = Demo(folder, port, host)
        with only_one(folder):
            check_port(port, host)
            try:
                demo.look_at_fonts()
                demo.prepare()
                demo.serve()
            finally:
                for number in signals:
                    signal.signal(number, signal.SIG_IGN)
                print("\nStopping …", flush=True)
                demo.stop()
    except Stopped:
        print("Stopped.", flush=True)
        return 0
    except (Failed, Refusal) as error:
        print(f"The demo cannot go on: {error}", file=sys.stderr)
        return 1
    return 0


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
