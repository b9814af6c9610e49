"""deploy/nginx as Debian's nginx runs it, in front of the real service: TLS, addresses, limits, and what is kept."""

import concurrent.futures
import contextlib
import datetime
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import PROJECT
from tests import invented_exam as exam
from tests.http_service import registry, serving
from verify.service.settings import _networks

HOST = "verify.example.org"
# Of root's folders for tests no other user may see anything.
USER = "user root; " if os.geteuid() == 0 else ""


def certificate(folder: Path) -> None:
    """A key and its certificate for HOST, as nginx wants them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "verify.example.org.pem").write_bytes(made.public_bytes(pem))
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "verify.example.org.key").write_bytes(plain)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of nginx with our configuration, which is changed in nothing but places and ports."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
    assert program, "nginx is missing: make system installs it"
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    certificate(folder)
    plain, secure = free_ports(2)
    with serving(registry(), trusted_proxies=_networks("127.0.0.1")) as url:
        text = (PROJECT / "deploy/nginx/yinjian.conf").read_text("utf-8")
        for here, there in {
            "127.0.0.1:8000": url.removeprefix("http://"),
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{secure} ssl http2;",
            "/etc/nginx/tls": str(folder),
            "/var/cache/nginx/yinjian": str(folder / "kept"),
            "/var/log/nginx": str(folder),
        }.items():
            assert here in text
            text = text.replace(here, there)
        text = re.sub(r"    listen \[::\].*\n", "", text)
        (folder / "yinjian.conf").write_text(text)
        (folder / "nginx.conf").write_text(
            f"{USER}daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
            f"http {{ include /etc/nginx/mime.types; include {folder}/yinjian.conf; }}\n"
        )
        with subprocess.Popen([program, "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"]) as run:
            try:
                context = ssl.create_default_context(cafile=str(folder / "verify.example.org.pem"))
                context.check_hostname = False  # it is asked by its address
                headers = {"host": HOST, "accept": "application/json"}
                base = f"https://127.0.0.1:{secure}"
                with httpx.Client(verify=context, base_url=base, headers=headers, timeout=20) as client:
                    for _ in range(200):
                        with contextlib.suppress(httpx.ConnectError):
                            client.get("/robots.txt")
                            break
                        time.sleep(0.05)
                    client.headers["x-plain"] = str(plain)
                    client.headers["x-folder"] = str(folder)
                    yield client
            finally:
                run.terminate()


def test_a_verdict_comes_by_tls_and_is_not_kept(front: httpx.Client) -> None:
    """Plain HTTP is sent to https; what is personal is asked anew each time, and nothing of it is logged."""
    plain = httpx.get(f"http://127.0.0.1:{front.headers['x-plain']}{exam.VALID.path}", headers={"host": HOST})
    assert (plain.status_code, plain.headers["location"]) == (301, f"https://{HOST}{exam.VALID.path}")
    answers = [front.get(exam.VALID.path) for _ in range(2)]
    assert [answer.json()["outcome"] for answer in answers] == ["valid", "valid"]
    assert all("x-cache" not in answer.headers and "no-store" in answer.headers["cache-control"] for answer in answers)
    log = (Path(front.headers["x-folder"]) / "yinjian.log").read_text()
    assert len(log.splitlines()) >= 2
    assert exam.VALID.path not in log
    assert "127.0.0.1" not in log


def test_what_is_public_is_kept_as_long_as_the_service_says(front: httpx.Client) -> None:
    """Files for ever by their version; revalidated by their ETag where they have none."""
    page = front.get("/", headers={"accept": "text/html"}).text
    address = re.findall(r'"(/static/site\.css\?v=[0-9a-f]+)"', page)[0]
    first, second = (front.get(address) for _ in range(2))
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "HIT")
    assert "immutable" in second.headers["cache-control"]
    assert first.content == second.content
    etag = second.headers["etag"]
    assert front.get(address, headers={"if-none-match": etag}).status_code == 304
    keys = [front.get("/.well-known/jwks.json").headers["x-cache"] for _ in range(2)]
    assert keys == ["MISS", "HIT"]


def test_the_operator_s_addresses_are_not_the_public_s(front: httpx.Client) -> None:
    """Health is asked at the service itself."""
    assert front.get("/health/ready").status_code == 403


def test_a_client_is_known_by_its_own_address_alone(front: httpx.Client) -> None:
    """What a client writes into X-Forwarded-For does not reach the service: wrong names count for one client."""
    outcomes = []
    for turn in range(8):
        body = {"number": exam.EXPIRED.number, "name": f"甲{turn}"}
        forwarded = {"x-forwarded-for": f"198.51.100.{turn}"}
        answer = front.post("/api/v1/verify", json=body, headers=forwarded).json()
        outcomes.append(answer.get("outcome") or answer["code"])
    assert outcomes == ["mismatch"] * 5 + ["proof_wanted"] * 3


def test_a_file_too_large_and_a_flood_are_stopped_in_front(front: httpx.Client) -> None:
    """With 413 and 429, before the service sees them."""
    large = front.post("/api/v1/verify/document", files={"file": ("a.png", bytes(12 << 20))})
    assert large.status_code == 413
    with concurrent.futures.ThreadPoolExecutor(32) as flood:
        codes = list(flood.map(lambda _: front.get("/health/live").status_code, range(800)))
    assert set(codes) == {403, 429}
