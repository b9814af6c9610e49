"""A verdict without the register in words for people: what it is, as of when that is known, what was not checked."""

import functools
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from verify.core.answer import Check, Outcome, ProgrammeView, SnapshotView, Verdict
from verify.core.china_time import local_text
from verify.core.fields import Names
from verify.shared.command import LOCALE, language, messages

_ = messages(LOCALE)
_detail = messages(Path(__file__).parents[1] / "http" / "locale")
"""The sentences for steps and files are the service's own."""

STEP_8: Final = 8
STEP_5: Final = 5
STEP_9: Final = 9


def _outcome(outcome: Outcome) -> str:
    """What is said of an outcome, with a place for the snapshot's moment."""
    words: dict[Outcome, str] = {
        "unreadable": _("not readable as a certificate's code"),
        "unknown_key": _("signed by nobody that this keyring knows"),
        "forged": _("FORGED or altered: the signature does not fit"),
        "key_not_trusted": _("NOT TRUSTED: its key may not sign this, or was compromised"),
        "malformed": _("NOT VALID: its fields are not in order"),
        "withdrawn": _("WITHDRAWN as of {}"),
        "revoked": _("REVOKED as of {}"),
        "replaced": _("REPLACED by another as of {}"),
        "suspended": _("SUSPENDED as of {}, status unknown since"),
        "not_yet_valid": _("NOT YET VALID"),
        "expired": _("EXPIRED"),
    }
    return words[outcome]


def detail(sentence: str) -> str:
    """A sentence of the core's or of a file's reader, in the language of who asks."""
    said = _detail(sentence)
    return _(sentence) if said == sentence else said


def plain(text: str) -> str:
    """A stranger's name for something in one line: what steers a terminal or hides is written as its escape."""
    steering = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls, directions and the unseen, lone surrogates, breaks of lines
    escaped = (ascii(one)[1:-1] if unicodedata.category(one) in steering else one for one in text)
    return text if text.isprintable() else "".join(escaped)


def headline(verdict: Verdict) -> str:
    """What it comes to, in one line."""
    as_of = _as_of(verdict.snapshot) if verdict.snapshot is not None else ""
    if verdict.outcome != "valid":
        return _outcome(verdict.outcome).format(as_of)
    if _step(verdict, STEP_5).result != "pass":
        return _("signed by the centre's key, which is retired: whether in time cannot be told without the register")
    if _step(verdict, STEP_8).result == "pass":
        return _("valid as of {}, status unknown since").format(as_of)
    return _("signed by the centre; its status is NOT KNOWN")


@functools.lru_cache(maxsize=64)
def _as_of(snapshot: SnapshotView) -> str:
    return local_text(snapshot.taken_at.timestamp())


def lines(verdict: Verdict) -> Iterator[str]:
    """What it says and what stands against it or was not checked."""
    tongue = language()
    certificate = verdict.certificate
    if certificate is not None:
        programme, issuers = _of_centre(certificate.programme, certificate.issuers, tongue)
        yield f"{certificate.number}  {certificate.holder}  ＊{certificate.id_hint or ''}  {programme}"
        yield issuers
    for check in verdict.checks:
        if check.result == "fail" or (check.result == "not_done" and check.code != "not_reached"):
            yield _of_step(check, tongue)
    if _step(verdict, STEP_5).code == "key_compromised":
        # A list that a good key signed anew may name it, which the register alone can tell.
        yield _("The register may know that it stands all the same: ask the centre's service, with a network.")


@functools.lru_cache(maxsize=256)  # a thousand papers of an exam say it alike
def _of_centre(programme: ProgrammeView, issuers: tuple[Names, ...], tongue: str) -> tuple[str, str]:
    def named(names: Names) -> str:
        return names.en if tongue == "en" and names.en is not None else names.zh

    return f"{named(programme.name)} {named(programme.level)}", "  ".join(map(named, issuers))


@functools.lru_cache(maxsize=256)
def _of_step(check: Check, _tongue: str) -> str:
    result = _("failed") if check.result == "fail" else _("not done")
    return _("step {} {}: {}").format(check.step, result, _detail(check.detail))


def confirmed(verdict: Verdict, *, receipt: bool) -> bool:
    """Whether a valid outcome has all the steps that matter: 5 and 8, and 9 where a receipt was brought."""
    wanted = (STEP_5, STEP_8, STEP_9) if receipt else (STEP_5, STEP_8)
    return all(_step(verdict, step).result == "pass" for step in wanted)


def _step(verdict: Verdict, step: int) -> Check:
    return verdict.checks[step - 1]
