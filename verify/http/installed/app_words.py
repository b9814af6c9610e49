"""What the installed app says by itself, in one language: the app has nobody to ask when there is no network."""

from typing import Any, Final

from verify.core.answer import DETAILS
from verify.http.answers import phrases
from verify.http.asked.language import N_, Language, catalogue

FIELDS: Final = {
    "holder": N_("Holder"),
    "number": N_("Certificate number"),
    "id_hint": N_("ID number ends in"),
    "programme": N_("Programme"),
    "level": N_("Level"),
    "exam": N_("Exam"),
    "issued_at": N_("Issued on"),
    "expires_at": N_("Valid until"),
    "registered_at": N_("Registered on"),
    "no_end": N_("no end date"),
    "issuers": N_("Issued by"),
}
"""What the fields of a certificate are called."""

SAY: Final = {
    "nothing_known": N_("Nothing is kept on this device yet, or the browser has cleared it. Open this page once with a "
                        "network, and it can check from then on."),
    "status_as_of": N_("What is not valid is known as of {moment}; days since then: {days}."),
    "no_snapshot": N_("Keys are known here, but nothing of what is not valid: signatures can be checked, not whether a "
                      "certificate was revoked since."),
    "asked_at": N_("The centre was last asked: {moment}, by this device's clock."),
    "could_not_ask": N_("There is no network, or the centre does not answer: nothing newer could be asked."),
    "stands_in": N_("The page that was asked for wants a network. This app is shown in its place."),
    "old": N_("Days since then: {days}. What was revoked since is not known here: ask again with a network."),
    "clock_behind": N_("This device's clock is behind the newest time that is known to have passed. What follows is "
                       "judged by that time, {moment}."),
    "clock_ahead": N_("This device's clock was more than a day ahead of the centre's when that was last asked. What "
                      "follows is judged by the newest time that is known, {moment}."),
    "keyring_refused": N_("What the server gives as the centre's keys is not signed by the centre's root. Nothing was "
                          "taken from it."),
    "keyring_changed": N_("The server's list of keys does not carry on from the one that is kept here. Nothing was "
                          "taken from it: ask the centre."),
    "snapshot_refused": N_("What the server says is not valid was not taken: its signature does not fit, or it is "
                           "older than the centre's newest keys or than what is kept here."),
    "other_root": N_("This page names another root key than the one that this app was installed with. The app goes on "
                     "with its own. Compare the root's thumbprint with the centre."),
    "full": N_("The browser has no room left, so that nothing new was kept. It is known until this page is closed."),
    "no_worker": N_("This browser cannot keep this page for use without a network."),
    "not_installed": N_("This page could not be kept for use without a network: there may be no room, or a private "
                        "window is open."),
    "new_version": N_("A new version of this app is here. The one in use stays until you take it."),
    "take_version": N_("Use the new version"),
    "forgotten": N_("Everything that this app kept on this device is gone."),
    "no_code": N_("No code was found in that picture."),
    "other_centre": N_("This code names {host}, which is not this centre"),
    "other_centre_more": N_("This app judges only certificates of {hosts}. Check this one at its own centre's address, "
                            "or with its app: nothing is said of it here."),
    "differ": N_("The two answers differ: do not rely on either"),
    "differ_more": N_("This app, which was installed before, checked the signature by itself. The server now says "
                      "something that cannot be true beside it. Somebody may be lying: ask the centre by telephone."),
    "this_app_says": N_("This app: {outcome}."),
    "server_says": N_("The server: {outcome}."),
    "differing_fields": N_("Fields that differ: {fields}."),
    "agree": N_("The server was asked just now. This app checked the signature by itself and comes to the same."),
    "server_knows_more": N_("The server was asked just now, and knows more than is kept here. This app checked the "
                            "signature by itself, and it does not contradict."),
    "not_asked": N_("The register could not be asked: this is what this app can check by itself."),
    "by_snapshot": N_("So the centre's signed snapshot of {moment}."),
    "valid_as_of": N_("Genuine, and valid as of {moment}"),
    "unknown_since": N_("Whether it is still valid is not known here. Days since then: {days}."),
    "genuine_unknown": N_("Genuine signature; whether it is in force is not known"),
    "key_retired": N_("Its key is retired: whether it signed while active cannot be told here."),
    "fields": N_("What the certificate says"),
    "hold_against": N_("Hold every line below against the paper. If one differs, the paper "
                       "was altered or belongs to somebody else."),
    "steps": N_("How this was checked"),
}  # fmt: skip
"""Sentences with places for values in braces."""


def words(language: Language) -> dict[str, Any]:
    """Every word of the app, as its script takes them (verify/web/src/app/telling.ts, Words)."""
    said = catalogue(language).gettext
    put: list[tuple[str, phrases.Phrase]] = [*phrases.OUTCOMES.items(), ("altered", phrases.ALTERED)]
    outcomes = {
        outcome: {
            "tone": phrase.tone,
            "mark": phrase.mark,
            "headline": said(phrase.headline),
            "meaning": said(phrase.meaning),
        }
        for outcome, phrase in put
    }
    tables = {
        "steps": phrases.STEPS,
        "results": phrases.RESULTS,
        "details": DETAILS,
        "fields": FIELDS,
        "say": SAY,
    }
    translated = {
        name: {key: said(message) for key, message in table.items()}  # type: ignore[attr-defined]  # all are dicts
        for name, table in tables.items()
    }
    return {"outcomes": outcomes, **translated}
