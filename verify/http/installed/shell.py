"""The app as one version: its page in every language and its files, which a service worker keeps whole or not at all.

The page is made once, at the start, and is the same for everybody; its language is in its address.
"""

import hashlib
from typing import Final

import msgspec
from litestar import Response, Router, get
from litestar.exceptions import NotFoundException

from verify.http.answers.assets import Files
from verify.http.answers.rendering import Views
from verify.http.asked import state
from verify.http.asked.bodies import AnyRequest, Inject
from verify.http.asked.language import LANGUAGES, Language
from verify.http.files.uploads import CAMERA_POLICY
from verify.http.installed.app_words import words
from verify.service.settings import Settings

PATH: Final = "/app"
_SCRIPT: Final = "web/service.js"
_APP: Final = "web/app/"
_ALSO: Final = ("site.css", "seal.svg", "web/zxing_reader.wasm")
_WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
_ICONS: Final = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-mask.png", "512x512", "maskable"),
)
_RED: Final = "#b3261e"


class Shell:
    """Everything of the app that the server gives, made at the start. Without built scripts there is none."""

    def __init__(self, files: Files, views: Views, settings: Settings) -> None:
        self._site = settings.site
        self._host = settings.public_url.partition("//")[2]
        self._icons = [{"src": files.url(n), "sizes": s, "type": "image/png", "purpose": p} for n, s, p in _ICONS]
        self.pages: dict[Language, str] = {}
        self.worker: str | None = None
        if not files.has(_SCRIPT):
            return
        root = settings.root.hex()
        self.pages = {
            language: views.fixed("app.html", language, PATH, words=words(language), root=root)
            for language in LANGUAGES
        }
        logo = [f"site/{self._site.logo.name}"] if self._site.logo else []
        kept = {files.url(name): files.version(name) for name in (*_ALSO, *logo, f"{_APP}installed.js")}
        # What scripts import they name by the content already, without a version.
        kept |= {
            f"/static/{name}": files.version(name) for name in files.below(_APP) if not name.endswith("installed.js")
        }
        addresses = {language: f"{PATH}?lang={language}" for language in LANGUAGES}
        kept |= {addresses[language]: _digest(page) for language, page in self.pages.items()}
        shell = {"version": _digest("".join(kept.values())), "files": kept, "pages": addresses}
        self.worker = f"const SHELL={msgspec.json.encode(shell).decode()};\n{files.text(_SCRIPT)}"

    def manifest(self, language: Language) -> dict[str, object]:
        """The web app manifest: it bears the centre's name, so that two centres' apps can be told apart."""
        english = language == "en"
        names = self._site.name
        name = (english and names.en) or names.zh if names else self._host
        return {
            "id": PATH,
            "name": f"{name} · {'Certificate check' if english else '证书查验'}",
            "short_name": name,
            "lang": language,
            "start_url": f"{PATH}?lang={language}",
            "scope": "/",
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": _RED,
            "icons": self._icons,
        }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@get(PATH, sync_to_thread=False)
def app(request: AnyRequest, shell: Inject[Shell]) -> Response[str]:
    """The app's page."""
    language = state.of(request.scope).language
    if language not in shell.pages:
        raise NotFoundException
    headers = {
        "Cache-Control": "public, no-cache",
        "Content-Language": language,
        "Content-Security-Policy": CAMERA_POLICY,
        "Vary": "Accept-Language",
        "X-Robots-Tag": "noindex",
    }
    return Response(shell.pages[language], media_type="text/html", headers=headers)


@get("/sw.js", sync_to_thread=False)
def worker(shell: Inject[Shell]) -> Response[str]:
    """The service worker, at the top, because it answers for every page when there is no network."""
    if shell.worker is None:
        raise NotFoundException
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _WORKER_POLICY}
    return Response(shell.worker, media_type="text/javascript", headers=headers)


@get("/manifest.webmanifest", sync_to_thread=False)
def manifest(request: AnyRequest, shell: Inject[Shell]) -> Response[bytes]:
    """What the app is called, and its icons."""
    body = msgspec.json.encode(shell.manifest(state.of(request.scope).language))
    headers = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language"}
    return Response(body, media_type="application/manifest+json", headers=headers)


ROUTER: Final = Router("/", route_handlers=[app, worker, manifest])
