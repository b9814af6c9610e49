"""A verdict in plain words: what each outcome, step and reason is called on a page, and what to do next.

All texts are messages, translated where a template shows them.
"""

from typing import Final, Literal

import msgspec

from verify.core.answer import DETAILS, Check, Outcome, Result, Verdict
from verify.core.changes import Reason
from verify.core.keyring import State, Use
from verify.files import refusals
from verify.http.asked.language import N_

Tone = Literal["good", "bad", "caution", "unknown"]
"""Colours of a page; the mark beside it and the words say the same."""


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """How one outcome is put."""

    tone: Tone
    mark: Literal["tick", "cross", "pause", "clock", "question", "arrow"]
    headline: str
    meaning: str
    advice: tuple[str, ...] = ()


_SCAN_AGAIN: Final = N_("Scan the code once more, in good light and with the whole code in view.")
_TYPE_NUMBER: Final = N_("Or type the certificate number and the holder's name into the form on the home page.")
_ASK_CENTRE: Final = N_("Ask the issuing centre, by a contact that you did not take from the paper itself.")
_DO_NOT_ACCEPT: Final = N_("Do not accept the certificate.")

OUTCOMES: Final[dict[Outcome, Phrase]] = {
    "valid": Phrase(
        tone="good",
        mark="tick",
        headline=N_("Genuine and valid"),
        meaning=N_("The issuing centre signed this certificate, the public register holds it, and it is in force."),
    ),
    "expired": Phrase(
        tone="caution",
        mark="clock",
        headline=N_("Genuine, but expired"),
        meaning=N_("The issuing centre signed this certificate, but its term is over."),
        advice=(N_("Ask the holder for a newer certificate."),),
    ),
    "not_yet_valid": Phrase(
        tone="caution",
        mark="clock",
        headline=N_("Not yet issued"),
        meaning=N_("The certificate is genuine, but its date of issue is later than the time asked about."),
        advice=(N_("Check again on or after its date of issue."),),
    ),
    "suspended": Phrase(
        tone="caution",
        mark="pause",
        headline=N_("Suspended"),
        meaning=N_("The centre has suspended this certificate. It may come back into force, or be revoked."),
        advice=(N_("Do not rely on it for now, and check again later."), _ASK_CENTRE),
    ),
    "replaced": Phrase(
        tone="caution",
        mark="arrow",
        headline=N_("Replaced by a new certificate"),
        meaning=N_(
            "This certificate was genuine, but the centre has issued another in its place. Only the new one counts."
        ),
        advice=(N_("Ask the holder for the new certificate and check that one."),),
    ),
    "revoked": Phrase(
        tone="bad",
        mark="cross",
        headline=N_("Revoked"),
        meaning=N_("The centre has revoked this certificate for good. It is no longer valid."),
        advice=(_DO_NOT_ACCEPT, _ASK_CENTRE),
    ),
    "withdrawn": Phrase(
        tone="bad",
        mark="cross",
        headline=N_("Withdrawn"),
        meaning=N_("The corrected pass list no longer names this certificate. It is no longer valid."),
        advice=(_DO_NOT_ACCEPT, _ASK_CENTRE),
    ),
    "unregistered": Phrase(
        tone="bad",
        mark="cross",
        headline=N_("Not in the register"),
        meaning=N_(
            "The signature is the centre's, but the public register does not "
            "hold this certificate, so it does not count."
        ),
        advice=(
            _DO_NOT_ACCEPT,
            N_("If the exam was only just held, its results may not be published yet."),
            _ASK_CENTRE,
        ),
    ),
    "malformed": Phrase(
        tone="bad",
        mark="cross",
        headline=N_("Not a proper certificate"),
        meaning=N_("What was signed here breaks the rules that every certificate keeps."),
        advice=(_DO_NOT_ACCEPT, _ASK_CENTRE),
    ),
    "key_not_trusted": Phrase(
        tone="bad",
        mark="cross",
        headline=N_("Signed with a key that is not trusted"),
        meaning=N_("The signature fits a key of the centre, but that key may not sign this, or not any more."),
        advice=(_DO_NOT_ACCEPT, _ASK_CENTRE),
    ),
    "forged": Phrase(
        tone="bad",
        mark="cross",
        headline=N_("Forged or altered"),
        meaning=N_(
            "The signature does not fit: the code was changed after it was signed, or the centre never signed it."
        ),
        advice=(_DO_NOT_ACCEPT, _ASK_CENTRE),
    ),
    "unknown_key": Phrase(
        tone="bad",
        mark="cross",
        headline=N_("Not from this centre"),
        meaning=N_("The code was signed with a key that this centre does not have."),
        advice=(
            _DO_NOT_ACCEPT,
            N_("If another body issued the certificate, check it at that body's own address."),
        ),
    ),
    "unreadable": Phrase(
        tone="unknown",
        mark="question",
        headline=N_("Cannot be read"),
        meaning=N_(
            "This is not the whole text of a certificate's code, or not a certificate "
            "number. It says nothing yet about the certificate."
        ),
        advice=(_SCAN_AGAIN, _TYPE_NUMBER),
    ),
    "not_found": Phrase(
        tone="unknown",
        mark="question",
        headline=N_("No certificate with this number"),
        meaning=N_("The register holds no certificate of this number."),
        advice=(
            N_("Compare the number with the paper, character by character: 0 and O, 1 and I, 8 and B look alike."),
            N_("If the exam was only just held, its results may not be published yet: look at the pass lists."),
            N_("Certificates from before this register can only be checked with the issuing centre."),
        ),
    ),
    "mismatch": Phrase(
        tone="bad",
        mark="cross",
        headline=N_("Number and name do not belong together"),
        meaning=N_("There is a certificate of this number, but with another holder's name."),
        advice=(
            N_(
                "Compare the name with the paper, character by character: 王莉 and 王丽 sound alike, and are two names."
            ),
            N_("Compare the number with the paper too: one wrong digit can be another person's certificate."),
            N_("If both are as on the paper, do not accept it: the paper was altered."),
        ),
    ),
}

_VALID_THEN: Final = msgspec.structs.replace(
    OUTCOMES["valid"],
    meaning=N_("The issuing centre signed this certificate, the public register holds it, and it was in force then."),
)

SLIP: Final = Phrase(
    tone="unknown",
    mark="question",
    headline=N_("The number has a slip in it"),
    meaning=N_(
        "The number's last character is a check on the others, and it does not "
        "fit: one character is wrong. Nothing was searched."
    ),
    advice=(
        N_("Compare the number with the paper, character by character: 0 and O, 1 and I, 8 and B look alike."),
        N_("If it is just so on the paper, the paper is not one of this centre's."),
    ),
)

ALTERED: Final = Phrase(
    tone="bad",
    mark="cross",
    headline=N_("Altered or incomplete"),
    meaning=N_(
        "This begins as the code of a certificate, but it does not hold together: "
        "a character was changed or is missing. Nothing shows it to be genuine."
    ),
    advice=(
        _SCAN_AGAIN,
        _TYPE_NUMBER,
        N_("If the same comes again from the paper's own code, do not accept the certificate: it was altered."),
        _ASK_CENTRE,
    ),
)

RESULTS: Final[dict[Result, str]] = {"pass": N_("passed"), "fail": N_("failed"), "not_done": N_("not done")}

STEPS: Final = {
    "text": N_("Can it be read?"),
    "encoding": N_("Is it whole?"),
    "key": N_("Is the signing key this centre's?"),
    "signature": N_("Does the signature fit?"),
    "authority": N_("May this key sign it?"),
    "claims": N_("Are the fields in order?"),
    "register": N_("Is it in the register?"),
    "status": N_("Is it in force?"),
    "log": N_("Is it in the public log?"),
}

REASONS: Final[dict[Reason, str]] = {
    "registration_error": N_("error in the registration"),
    "misconduct": N_("misconduct in the exam"),
    "false_materials": N_("false application materials"),
    "holder_request": N_("at the holder's request"),
    "reissued": N_("reissued"),
    "investigation": N_("under investigation"),
    "key_compromise": N_("the signing key was compromised"),
    "other": N_("other reason"),
}

KEY_USES: Final[dict[Use, str]] = {
    "root": N_("the keyring"),
    "certificate": N_("certificates and lists"),
    "status": N_("changes of status"),
    "credential": N_("portable credentials"),
    "log": N_("the public log"),
}
KEY_STATES: Final[dict[State, str]] = {
    "active": N_("in use"),
    "retired": N_("retired"),
    "compromised": N_("compromised: not believed"),
}

STAGES: Final = {"notice": N_("Public notice"), "final": N_("Final list")}

NEXT: Final = {
    "proof_wanted": ("/scan", N_("Scan the code")),
    "list_expired": ("/pass-lists", N_("Pass lists")),
    "no_such_exam": ("/pass-lists", N_("Pass lists")),
    "bad_cursor": ("", N_("First page")),
    "bad_day": ("", N_("Ask about today")),
    "future_time": ("", N_("Ask about today")),
    "too_large": ("", N_("Choose something smaller")),
}
"""By a problem's code: where its page leads, which is the same address without a question where it is empty."""


def of(verdict: Verdict) -> Phrase:
    """How a verdict is put: by what is true now, which is always shown first."""
    if verdict.outcome == "malformed" and verdict.checks[1].result == "not_done":
        return SLIP  # a number that was never searched
    if verdict.outcome == "unreadable" and any(one.code == "altered" or one.step == 2 for one in _failed(verdict)):
        return ALTERED
    return OUTCOMES[verdict.status_now or verdict.outcome]


def _failed(verdict: Verdict) -> list[Check]:
    return [one for one in verdict.checks if one.result == "fail"]


def of_then(verdict: Verdict) -> Phrase | None:
    """How the outcome at the time asked is put; None where only now was asked about, or nothing depends on time."""
    if verdict.status_now is None or verdict.as_of == verdict.checked_at:
        return None
    return _VALID_THEN if verdict.outcome == "valid" else OUTCOMES[verdict.outcome]


def messages() -> list[str]:
    """The core's own sentences, which pages show for each step, and why files are refused."""
    return [*DETAILS.values(), *refusals.DETAILS.values()]
