"""The pages for people: the place to check, and verdicts. They work without script."""

import contextlib
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Response

from verify.core import qr_text
from verify.core.answer import Verdict
from verify.core.errors import RegisterDamaged
from verify.core.personal import is_personal, unless_personal
from verify.core.tables import ID_TYPES
from verify.http.answers import asked_again, phrases
from verify.http.answers.direct import Direct, Reply, as_json, as_sent, json, raw
from verify.http.answers.kept_pages import FRESH, KeptPages
from verify.http.answers.problems import Refused, problem, wants_json
from verify.http.answers.rendering import Views
from verify.http.asked import forms
from verify.http.asked.bodies import AnyRequest, day_asked
from verify.http.asked.state import State
from verify.http.check import verdict_outline
from verify.http.check.asker import Asker
from verify.http.files.intake import client_of
from verify.http.guard.challenge import Challenge
from verify.http.lookup.lookups import LookupDesk, LookupRequest
from verify.registry.port import RegistryUnavailable

NOT_HELD: Final = ("not_found", "unreadable")
_PERSONAL: Final = Refused("personal_number", field="number")
_PUBLIC: Final = "public, max-age=60"
_FORM_BYTES: Final = 64 << 10
_VARY: Final = raw({"Vary": "Accept, Accept-Language", "Cache-Control": "no-store"})


async def form_values(asker: Asker) -> dict[str, Any]:
    """What the forms are filled with. They are shown also while the registry cannot be asked."""
    programmes: tuple[str, ...] = ()
    with contextlib.suppress(RegistryUnavailable, RegisterDamaged):
        programmes = (await asker.registry.chain()).newest.default_numbered
    return {"programmes": programmes, "looks_up": asker.looks_up}


_EMPTY: Final[dict[str, str]] = dict.fromkeys(("number", "name", "as_of", "id_type"), "")


async def _checked(request: AnyRequest, views: Views, asker: Asker, now: int) -> Response[Any]:
    """The verdict on a number and a name, or on the text of a QR code pasted in the number's place."""
    form = await forms.texts(request, "number", "name", "as_of", "altcha")
    altcha = form.pop("altcha") or None
    wanted = None
    try:
        if not form["number"]:
            raise Refused("number_missing", field="number")
        as_of = day_asked(form["as_of"], now)
    except Refused as refused:
        return await _form_again(request, views, asker, template="check.html", form=_EMPTY | form, refused=refused)
    try:
        if qr_text.begins_as_ours(form["number"]):
            judged = await asker.qr(form["number"], now=now, as_of=as_of)
        elif form["name"]:
            judged, wanted = await _named(request, asker, form=form, altcha=altcha, now=now, as_of=as_of)
        else:
            judged = await asker.number(form["number"], now=now, as_of=as_of)
    except (RegistryUnavailable, RegisterDamaged) as error:
        # To be sent again without typing it anew, unless it should not have been sent at all.
        kept = form | {"name": unless_personal(form["name"])}
        return views.complaint(request, error, kept=None if _personal(form) else kept)
    if judged.outcome in NOT_HELD and _personal(form):
        blanked = form | {"number": "", "name": unless_personal(form["name"])}
        return await _form_again(request, views, asker, template="check.html", form=_EMPTY | blanked, refused=_PERSONAL)
    values = await form_values(asker)
    shown = form | {"name": unless_personal(form["name"])}
    return verdict_page(request, views, judged, form=shown, wanted=wanted, **values)


def _personal(form: dict[str, str]) -> bool:
    """Whether somebody's own number was typed for a certificate's."""
    return is_personal(form["number"]) and not qr_text.begins_as_ours(form["number"])


async def _named(
    request: AnyRequest, asker: Asker, *, form: dict[str, str], altcha: str | None, now: int, as_of: int | None
) -> tuple[Verdict, Challenge | None]:
    """The verdict with the name; or with a challenge for it, and what the number alone shows."""
    try:
        judged = await asker.named(
            form["number"], form["name"], client=client_of(request), altcha=altcha, now=now, as_of=as_of
        )
    except Refused as refused:
        if refused.challenge is None:
            raise
        return await asker.number(form["number"], now=now, as_of=as_of), refused.challenge
    return judged, None


async def _form_again(
    request: AnyRequest, views: Views, asker: Asker, *, template: str, form: dict[str, str], refused: Refused
) -> Response[str]:
    """The form with what was wrong about it."""
    told = problem(refused.code)
    values = await form_values(asker)
    kept = form if template == "check.html" else None
    return views.page(
        request, template, status=told.status, form=form, fault=refused, problem=told, kept=kept, **values
    )


async def _looked_up(request: AnyRequest, views: Views, asker: Asker, desk: LookupDesk, now: int) -> Response[str]:
    """A person's certificates, by name and ID number. The page holds no ID number, whatever comes of it."""
    form = await forms.texts(request, "name", "id_type", "id_number", "altcha")
    id_type = form["id_type"] or "resident"
    try:
        if id_type not in ID_TYPES:
            raise Refused("bad_form")
        asked = LookupRequest(
            name=form["name"],
            id_type=id_type,
            id_number=form["id_number"],
            altcha=form["altcha"] or None,
        )
        found = await desk.lookup(asked, client_of(request), now)
    except Refused as refused:
        shown = _EMPTY | {"name": unless_personal(form["name"]), "id_type": id_type}
        return await _form_again(request, views, asker, template="lookup.html", form=shown, refused=refused)
    return views.page(request, "found.html", certificates=found)


def direct(asker: Asker, views: Views, desk: LookupDesk, pages: KeptPages) -> list[Direct]:
    """The routes that are asked most."""

    async def home(request: AnyRequest, known: State) -> Reply:
        """One place to check."""
        values = await form_values(asker)

        async def make() -> tuple[Reply, int]:
            page = views.page(request, "home.html", cache=_PUBLIC, form=_EMPTY, fault=None, **values)
            return as_sent(page), known.now + FRESH

        return await pages.page(request, known, values["programmes"], make)

    async def qr(request: AnyRequest, known: State) -> Reply:
        """What the QR code opens."""
        as_of = day_asked(known.asked_for("as_of"), known.now)
        if as_of is None and wants_json(request):
            return json(await asker.qr_json(known.last, now=known.now), _VARY)
        judged = await asker.qr(known.last, now=known.now, as_of=as_of)
        if wants_json(request):
            return as_json(judged, _VARY)
        return as_sent(verdict_page(request, views, judged, form=None, path=f"/Q/{quote(known.last, safe='')}"))

    async def check_form(request: AnyRequest, known: State) -> Reply:
        """The form for number and name, alone; with ``fault`` an address of a number was none of a certificate's."""
        if known.asked_for("fault") == _PERSONAL.code:
            again = _form_again(request, views, asker, template="check.html", form=_EMPTY, refused=_PERSONAL)
            return as_sent(await again)
        values = await form_values(asker)
        return as_sent(views.page(request, "check.html", cache=_PUBLIC, form=_EMPTY, fault=None, **values))

    async def check(request: AnyRequest, known: State) -> Reply:
        return as_sent(await _checked(request, views, asker, known.now))

    async def lookup_form(request: AnyRequest, _known: State) -> Reply:
        """The form for name and ID number, alone."""
        values = await form_values(asker)
        return as_sent(views.page(request, "lookup.html", cache=_PUBLIC, form=_EMPTY, fault=None, **values))

    async def lookup(request: AnyRequest, known: State) -> Reply:
        return as_sent(await _looked_up(request, views, asker, desk, known.now))

    return [
        Direct("/", get=home),
        Direct("/Q/{text}", get=qr),
        Direct("/q/{text}", get=qr),
        Direct("/check", get=check_form, post=check, most_bytes=_FORM_BYTES),
        Direct("/lookup", get=lookup_form, post=lookup, most_bytes=_FORM_BYTES),
    ]


def verdict_page(
    request: AnyRequest,
    views: Views,
    judged: Verdict,
    *,
    form: dict[str, str] | None,
    path: str | None = None,
    wanted: Challenge | None = None,
    **values: Any,
) -> Response[Any]:
    """The verdict as a page. ``form`` is what was sent, to be corrected or asked for another time; None for a QR's.

    ``path`` is where the question has an address of its own, ``wanted`` the proof of work without which the name was
    not compared.
    """
    again = asked_again.of(views.public_url, path, judged)
    shown = values | {
        "verdict": judged,
        "phrase": phrases.of(judged),
        "then": phrases.of_then(judged),
        "form": form,
        "kept": form if path is None else None,
        "fault": None,
        "wanted": None if wanted is None else msgspec.json.encode(wanted).decode(),
        "again": again,
    }
    outline = verdict_outline.of(judged, form, again) if path is not None else None
    if outline is None:
        return views.page(request, "verdict.html", **shown)
    on = (outline.verdict, form is None, *values.values())
    return views.outlined(request, "verdict.html", shown, on=on, fill=outline.fill, marked=outline.values)
