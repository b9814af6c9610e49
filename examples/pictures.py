"""``make pictures``: README's pictures, made anew: a certificate, its verdict on a phone, and the map of the rooms.

They are taken from a demo of their own, so they show what the program does now; together they weigh at most 300 kB.
"""

import ast
import html
import io
import tempfile
from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

from examples.demo import ROOT, Demo, find_samples
from verify.core import qr_text

FOLDER: Final = ROOT / "docs" / "pictures"
MOST_BYTES: Final = 300_000
CHROMIUM: Final = "/usr/bin/chromium"
PHONE: Final = {"width": 390, "height": 844}
_PORT: Final = 8975

_ROOMS: Final = (
    ("signing", "verify", "keys", "migrations"),
    {
        "verify": "the public service: no private key, no right to write",
        "signing": "the signing room: the centre's own machine",
        "keys": "custody of private keys",
        "migrations": "the database: schema, roles, the embedded PostgreSQL",
    },
)


def _small(picture: Image.Image, path: Path, colours: int = 128) -> None:
    """The picture as PNG of few colours, which paper and pages have anyway."""
    picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)


def certificate(pdf: Path, path: Path) -> None:
    """The first page of a certificate."""
    with pypdfium2.PdfDocument(pdf) as document:
        _small(document[0].render(scale=1.25).to_pil(), path)


def verdict(url: str, path: Path) -> None:
    """A verdict page as a phone shows it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]  # a plain dict is its TypedDict
        page.goto(url)
        _small(Image.open(io.BytesIO(page.screenshot())), path, 64)
        browser.close()


def _said(folder: Path) -> str:
    """What a room's ``__init__`` says it is, in one line."""
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    return text.partition("\n\n")[0].replace("\n", " ")


def rooms(path: Path) -> None:
    """The map of the rooms, from the packages and what each says of itself, as SVG."""
    lines: list[str] = []
    y = 16
    for room in _ROOMS[0]:
        inner = sorted(one for one in (ROOT / room).iterdir() if (one / "__init__.py").exists())
        height = 44 + 22 * len(inner)
        lines.append(f'<rect x="8" y="{y}" width="944" height="{height}" rx="8" class="room"/>')
        lines.append(f'<text x="24" y="{y + 28}" class="name">{room}/</text>')
        lines.append(f'<text x="150" y="{y + 28}" class="what">{html.escape(_ROOMS[1][room])}</text>')
        for place, folder in enumerate(inner):
            at = y + 52 + 22 * place
            lines.append(f'<text x="40" y="{at}" class="inner">{folder.name}</text>')
            lines.append(f'<text x="150" y="{at}" class="what">{html.escape(_said(folder))}</text>')
        y += height + 12
    style = (
        "text{font:14px sans-serif;fill:#1c2b3a}.name{font-weight:700;font-size:16px}.inner{font-family:monospace}"
        ".what{fill:#44566a}.room{fill:#f4f7fa;stroke:#7a93ad}"
    )
    arrows = "signing → keys → verify/core ← verify/http: nothing points out of verify/"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {y + 30}" role="img" aria-label="{arrows}">'
        f"<style>{style}</style>" + "".join(lines) + f'<text x="24" y="{y + 16}">{arrows}</text></svg>\n',
        "utf-8",
    )


def main() -> None:
    """Makes all three. SystemExit where they weigh too much."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    rooms(FOLDER / "rooms.svg")
    with tempfile.TemporaryDirectory(prefix="yinjian-pictures-") as name:
        demo = Demo(Path(name) / "demo", _PORT)
        try:
            demo.look_at_fonts()
            demo.prepare()
            demo.open_site()
            sample = find_samples(demo.folder)[0]
            certificate(demo.folder / "certificates" / f"{sample['number']}.pdf", FOLDER / "certificate.png")
            verdict(f"{demo.url}/Q/{qr_text.digits(sample['qr'])}", FOLDER / "verdict.png")
        finally:
            demo.stop()
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    print(f"{FOLDER}: {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit(f"more than {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    main()
