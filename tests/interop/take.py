"""Takes the vectors of others into tests/interop/vectors, from clones of their repositories, each with its source.

``python -m tests.interop.take CLONES``, where CLONES has ``merkle``, ``tessera``, ``wycheproof`` and ``CCTV`` (or bare
repositories of these names).
"""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

VECTORS: Final = Path(__file__).parent / "vectors"
SOURCES: Final = {
    "merkle": ("transparency-dev/merkle", "LICENSE"),
    "tessera": ("transparency-dev/tessera", "LICENSE"),
    "wycheproof": ("C2SP/wycheproof", "LICENSE"),
    "CCTV": ("C2SP/CCTV", "ed25519/LICENSE"),
}


class Clone:
    """A clone of one of them, at its newest commit."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.name, self.licence = SOURCES[name]

    def git(self, *arguments: str) -> bytes:
        """What git answers."""
        return subprocess.run(["git", "-C", self.folder, *arguments], check=True, capture_output=True).stdout

    def files(self, under: str) -> dict[str, bytes]:
        """Every file under a folder, by its path."""
        paths = self.git("ls-tree", "-r", "-z", "--name-only", "HEAD", under).decode().split("\0")
        return {path: self.git("show", f"HEAD:{path}") for path in paths if path}

    def write(self, file: str, **content: Any) -> None:
        """Writes one file of vectors, with where it is from, and the licence beside it."""
        commit = self.git("rev-parse", "HEAD").decode().strip()
        source = {"repository": f"https://github.com/{self.name}", "commit": commit}
        text = json.dumps({"source": source, **content}, ensure_ascii=False, indent=0, sort_keys=True)
        (VECTORS / file).write_text(f"{text}\n", "utf-8")
        licence = self.git("show", f"HEAD:{self.licence}")
        (VECTORS / f"LICENSE.{self.folder.name}").write_bytes(licence)


def main() -> None:
    """Takes all of them."""
    clones = {name: Clone(Path(sys.argv[1]), name) for name in SOURCES}
    proofs = {
        kind: {path.removeprefix(f"testdata/{kind}/"): json.loads(data) for path, data in found.items()}
        for kind in ("inclusion", "consistency")
        for found in (clones["merkle"].files(f"testdata/{kind}"),)
    }
    clones["merkle"].write("merkle.json", **proofs)
    wycheproof = json.loads(clones["wycheproof"].git("show", "HEAD:testvectors_v1/ed25519_test.json"))
    groups = [{"public": group["publicKey"]["pk"], "tests": group["tests"]} for group in wycheproof["testGroups"]]
    clones["wycheproof"].write("ed25519_wycheproof.json", groups=groups)
    cctv = json.loads(clones["CCTV"].git("show", "HEAD:ed25519/ed25519vectors.json"))
    clones["CCTV"].write("ed25519_cctv.json", vectors=cctv)
    log = clones["tessera"].files("testdata/log")
    files = {path.removeprefix("testdata/log/"): data for path, data in log.items() if "/.state/" not in path}
    script = clones["tessera"].git("show", "HEAD:testdata/build_log.sh").decode()
    public = script.partition('LOG_PUBLIC_KEY="')[2].partition('"')[0]
    clones["tessera"].write(
        "tessera_log.json",
        public_key=public,
        files={path: base64.b64encode(data).decode() for path, data in files.items()},
    )


if __name__ == "__main__":
    main()
