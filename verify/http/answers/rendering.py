"""Pages: templates with their words in the asker's language."""

import asyncio
import datetime
import functools
from collections.abc import Hashable, Mapping
from typing import Any, Final, TypeAlias

import jinja2
from litestar import Response
from markupsafe import Markup, escape

from verify.core import china_time, personal
from verify.core.fields import Names
from verify.core.tables import ID_TYPES
from verify.files.findings import MAX_BYTES
from verify.http.answers import phrases, problems
from verify.http.answers.addresses import Address, path_of, with_language
from verify.http.answers.assets import Files
from verify.http.answers.fixed_calls import Environment
from verify.http.answers.outlines import Fill, Outlines, mark
from verify.http.answers.problems import Refused
from verify.http.asked import language as words
from verify.http.asked import state
from verify.http.asked.bodies import AnyRequest
from verify.http.asked.language import LANGUAGES, Language
from verify.http.ops import metrics
from verify.service.site import Site

Values: TypeAlias = Mapping[str, Any]
PERSONAL: Final = "no-store"
"""For pages that hold what only one asker may see."""


_FIRST_SECONDS: Final = 1.0
"""In which who asks for a page has its own templates compiled alone."""
_FOUND: Final = ("/", "/about", "/help", "/privacy")
"""Pages that search engines may show."""
NO_TIME: Final = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)
"""In the place of a page's time while its outline is made."""
_TIMES: Final = ("machine", "moment")
"""The filters by which pages write that time, and the names of its places."""


class Views:
    """Renders templates. One environment for each language; all are made at start."""

    def __init__(self, files: Files, site: Site, public_url: str) -> None:
        self.public_url = public_url
        self.site = site
        own = {"site": site, "public_url": public_url}
        self._environments = {language: _environment(language, files, own) for language in LANGUAGES}
        self._outlines = Outlines()
        self._warming: asyncio.Task[None] | None = None

    async def warm(self) -> None:
        """Begins to compile every template, once the service has had a moment to be found ready.

        That takes some hundredths of a second each, in a thread, which lets the event loop have its turns between.
        """
        self._warming = asyncio.create_task(self._compile())

    async def _compile(self) -> None:
        await asyncio.sleep(_FIRST_SECONDS)
        for environment in self._environments.values():
            for name in environment.list_templates():
                await asyncio.to_thread(environment.get_template, name)

    def page(
        self, request: AnyRequest, template: str, *, cache: str = PERSONAL, status: int = 200, **values: Any
    ) -> Response[str]:
        """One page, in the language of the request. ``cache`` is its Cache-Control."""
        return self._answer(request, self.part(request, template, **values), cache, status)

    def outlined(
        self, request: AnyRequest, template: str, values: Values, *, on: Hashable, fill: Fill, marked: Values
    ) -> Response[Any]:
        """One personal page that hangs on nothing but ``on``, the language, the day and what its places hold.

        ``marked`` are those of its ``values`` that hold marks in an outline; ``fill`` is what stands in their places.
        A place of its own has the last part of the page's address, and the time of the verdict, NO_TIME among
        ``marked``, has two.
        """
        known = state.of(request.scope)
        if request.scope["query_string"] != (b"" if known.switched is None else b"lang=" + known.switched.encode()):
            return self.page(request, template, **values)
        head, _, last = path_of(known).rpartition("/")
        filters = self._environments[known.language].filters
        now = _written(known.now, known.language)

        def outline() -> str:
            html = self.part(request, template, here=f"{head}/{mark('here')}", **{**values, **marked})
            for name in _TIMES:
                html = html.replace(str(filters[name](NO_TIME)), mark(name))
            return html

        page = self._outlines.page(
            (template, on, known.language, known.switched, head, now["machine"][:10]),
            {**fill, **now, "here": last},
            lambda: self.part(request, template, **values),
            outline,
        )
        return self._answer(request, page, PERSONAL, 200)

    def _answer(self, request: AnyRequest, html: Any, cache: str, status: int) -> Response[Any]:
        language = state.of(request.scope).language
        path = state.of(request.scope).path
        vary = "Accept, Accept-Language" if path.lower().startswith(("/q/", "/c/")) else "Accept-Language"
        headers = {"Cache-Control": cache, "Content-Language": language, "Vary": vary, "X-Robots-Tag": "noindex"}
        if path in _FOUND:
            del headers["X-Robots-Tag"]
        return Response(html, media_type="text/html", status_code=status, headers=headers)

    def part(self, request: AnyRequest, template: str, here: str | None = None, **values: Any) -> str:
        """A template's HTML, in the language of the request; ``here`` is for a page's outline.

        ``kept`` among the values is what the page's form was sent, so that another language can be answered in too.
        """
        asked = state.of(request.scope)
        address = Address(request, here)
        return (
            self._environments[asked.language]
            .get_template(template)
            .render(
                **{"kept": None} | values,
                now=china_time.local(asked.now),
                link=lambda target: self.link(request, target),
                here=address.path,
                asked_here=address.asked(),
                asked_by_link=request.method == "GET",
                switched=asked.switched,
                switches=[(code, name, address.asked(code)) for code, name in LANGUAGES.items()],
            )
        )

    def fixed(self, template: str, language: Language, path: str, **values: Any) -> str:
        """A page that is the same for everybody who asks for this path in this language."""
        address = {code: f"{path}?lang={code}" for code in LANGUAGES}
        return (
            self._environments[language]
            .get_template(template)
            .render(
                **values,
                kept=None,
                link=lambda target: with_language(target, language),
                here=path,
                switched=language,
                asked_here=address[language],
                switches=[(code, name, address[code]) for code, name in LANGUAGES.items()],
            )
        )

    def link(self, request: AnyRequest, target: str) -> str:
        """An address on this site, which keeps the language that somebody chose."""
        return with_language(target, state.of(request.scope).switched)

    def complaint(self, request: AnyRequest, error: Exception, *, kept: dict[str, str] | None = None) -> Response[Any]:
        """The answer to a request that went wrong: a page for people, problem details for programs.

        ``kept`` is the form that was sent, where it may be sent again.
        """
        refused = problems.of(error)
        metrics.refused(refused.code)
        headers = problems.headers_of(refused, error)
        if problems.for_programs(request):
            return problems.as_json(refused, headers)
        return self.refusal(request, refused, headers, kept=kept)

    def refusal(
        self,
        request: AnyRequest,
        refused: Refused,
        headers: dict[str, str] | None = None,
        *,
        kept: dict[str, str] | None = None,
    ) -> Response[str]:
        """The page of a refusal."""
        told = problems.problem(refused.code)
        page = self.page(request, "problem.html", status=told.status, problem=told, wait=refused.retry_after, kept=kept)
        page.headers.update(headers or {})
        return page


def _environment(language: Language, files: Files, own: dict[str, object]) -> jinja2.Environment:
    environment = Environment(
        loader=jinja2.PackageLoader("verify.http"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = words.catalogue(language)
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]  # added by i18n

    @functools.lru_cache(maxsize=1024)
    def kept(name: str, values: tuple[tuple[str, object], ...]) -> Markup:
        return Markup(environment.get_template(name).render(dict(values)))  # noqa: S704 -- a template's own

    def part(name: str, **values: object) -> Markup:
        """A part of a page, made once for these values: they say nothing of a person."""
        return kept(name, tuple(values.items()))

    @functools.lru_cache(maxsize=4096)  # all are our own words: those of the templates, and of tables
    def said(text: str) -> Markup:
        return Markup(catalogue.gettext(text)) % {}  # noqa: S704 -- our own words

    environment.always |= {"_": said, "static": files.url, "built": files.has}
    environment.as_filter |= {"_": (), "link": ("switched",)}
    environment.globals |= {
        "language": language,
        "part": part,
        "static": files.url,
        "built": files.has,
        "upload_bytes": MAX_BYTES,
        "phrases": phrases,
        "id_types": ID_TYPES,
        "languages": LANGUAGES,
        **own,
    }
    environment.filters |= {
        "_": said,
        "link": with_language,
        "text": lambda names: words.named(names, language)[0],
        "named": lambda names: _named(names, language),
        "moment": lambda moment: _moment(moment, language),
        "asked": lambda moment: _asked(moment, language),
        "unless_personal": personal.unless_personal,
        "deadline": lambda moment: _deadline(moment, language),
        "day": lambda moment: _day(moment, language),
        "iso_day": lambda moment: _seconds(moment).date().isoformat(),
        "count": lambda number: f"{number:,}",
        "machine": _machine,
    }
    return environment


def _named(names: Names, language: Language) -> Markup:
    """A text of the centre, marked where it is in another language than the page."""
    text, spoken = words.named(names, language)
    return escape(text) if spoken == language else Markup('<span lang="{}">{}</span>').format(spoken, text)


def _seconds(moment: datetime.datetime | int) -> datetime.datetime:
    return china_time.local(moment if isinstance(moment, int) else moment.timestamp())


def _moment(moment: datetime.datetime | int, language: Language) -> str:
    """A moment to the minute, in Shanghai."""
    return f"{_day(moment, language)} {_seconds(moment):%H:%M}"


def _machine(moment: datetime.datetime | int) -> str:
    """A moment as programs read it."""
    return _seconds(moment).isoformat(timespec="seconds")


@functools.lru_cache(maxsize=16)
def _written(now: int, language: Language) -> dict[str, str]:
    """What stands in the places of a page's time."""
    return {"machine": _machine(now), "moment": _moment(now, language)}


def _asked(moment: datetime.datetime, language: Language) -> str:
    """A moment that was asked about: a day, where it is the day's last second."""
    return _day(moment, language) if f"{_seconds(moment):%H:%M:%S}" == "23:59:59" else _moment(moment, language)


def _deadline(moment: int, language: Language) -> str:
    """A moment as the end of something: midnight is 24:00 of the day before."""
    if f"{_seconds(moment):%H:%M}" == "00:00":
        return f"{_day(moment - 1, language)} 24:00"
    return _moment(moment, language)


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")


def _day(moment: datetime.datetime | datetime.date | int | str, language: Language) -> str:
    """A day: of a moment in Shanghai, of a date, or of ``YYYY-MM-DD``."""
    if isinstance(moment, str):
        try:
            day: datetime.date = datetime.date.fromisoformat(moment)
        except ValueError:
            return moment  # the contract wants the form of a date, not a day that exists
    else:
        day = moment if type(moment) is datetime.date else _seconds(moment)  # type: ignore[arg-type]  # no int left
    if language == "zh-CN":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def rfc3339(seconds: int | None) -> str | None:
    """Seconds since 1970 as programs are told them."""
    return None if seconds is None else f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
