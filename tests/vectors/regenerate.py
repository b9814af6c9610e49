"""Makes the project's own vectors: ``python -m tests.vectors.regenerate`` writes them again byte for byte.

Every key comes from a fixed seed and every time is given, so that a change in the files is a change in the format.
docs/spec/vectors.md says what a runner does with each file. chains.json holds keyring chains, statements.json single
statements of every kind, verdicts.json offline verdicts, snapshots.json what verifiers keep, qr_text.json what people
scan, type and paste, beliefs.json whole logs, log.json checkpoints and receipts.
"""

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.invented import CEM, CERTIFICATE, ENTRIES, ISSUERS, ROOT, TestKey, keyring
from tests.vectors.beliefs import beliefs
from tests.vectors.logs import logs
from tests.vectors.statements import NEUTRAL, statements
from tests.vectors.verdicts import snapshots, verdicts
from verify.core import qr_text, statement
from verify.core.keyring import Keyring, kid_of, thumbprint

FOLDER: Final = Path(__file__).parent / "project"
HOST: Final = "verify.example.org"

FIRST: Final = keyring()
SECOND_ROOT: Final = TestKey("second root")


def _sign(ring: Keyring, root: TestKey = ROOT) -> bytes:
    return root.sign(ring.draft(root.kid))


def _following(data: bytes, ring: Keyring, **changes: Any) -> Keyring:
    previous = statement.decode(data).digest
    return msgspec.structs.replace(ring, **{"version": ring.version + 1, "previous": previous} | changes)


def chains() -> dict[str, Any]:
    """Keyring chains from one pinned root, each with the code of its refusal, or null."""
    first = _sign(FIRST)
    second_ring = _following(
        first,
        FIRST,
        keys=(*ENTRIES, SECOND_ROOT.entry("root"), TestKey("second certificate").entry("certificate", "CEM")),
        programmes=(CEM, msgspec.structs.replace(CEM, code="CAM")),
        hosts=("NEW.EXAMPLE.ORG", *FIRST.hosts),
    )
    second = _sign(second_ring)
    third = _sign(_following(second, second_ring), SECOND_ROOT)
    weak = msgspec.structs.replace(ENTRIES[1], public=NEUTRAL, kid=kid_of(NEUTRAL))
    stranger = TestKey("somebody else")
    retired = tuple(msgspec.structs.replace(key, state="retired") if key.use == "log" else key for key in ENTRIES)
    retired_ring = _following(first, FIRST, keys=retired)
    retired_first = _sign(retired_ring)

    def after_first(**changes: Any) -> list[bytes]:
        return [first, _sign(_following(first, FIRST, **changes))]

    easier = msgspec.structs.replace(CEM, pass_mark=60)
    of_one = msgspec.structs.replace(CEM, issuers=("centre",))
    wrong_kid = msgspec.structs.replace(ENTRIES[1], kid=bytes(4))
    revived = _sign(_following(retired_first, retired_ring, keys=ENTRIES))
    cases: list[tuple[str, list[bytes], str | None]] = [
        ("one version", [first], None),
        ("three versions, the last by a second root", [first, second, third], None),
        ("another root", [_sign(keyring([stranger.entry("root"), *ENTRIES[1:]]), stranger)], "wrong_root"),
        ("no first version", [second], "wrong_version"),
        ("back to the first version", [first, second, first], "wrong_version"),
        ("a version skipped", after_first(version=3), "wrong_version"),
        ("another predecessor", [first, _sign(_following(second, FIRST))], "wrong_predecessor"),
        ("signed by no root", [first, CERTIFICATE.sign(second_ring.draft(CERTIFICATE.kid))], "not_signed_by_root"),
        ("signed by a root that only it names", [first, _sign(second_ring, SECOND_ROOT)], "not_signed_by_root"),
        ("a pass mark changed", after_first(programmes=(easier,)), "altered"),
        ("an issuer dropped", after_first(issuers=ISSUERS[:1], programmes=(of_one,)), "altered"),
        ("a key dropped", after_first(keys=ENTRIES[:3]), "altered"),
        ("a host dropped", after_first(hosts=("NEW.EXAMPLE.ORG",)), "altered"),
        ("a retired key active again", [first, retired_first, revived], "altered"),
        ("a public key of small order", [_sign(keyring([*ENTRIES, weak]))], "unsound_key"),
        ("a kid of another key", [_sign(keyring([*ENTRIES, wrong_kid]))], "wrong_kid"),
        ("a programme of nobody's", [_sign(keyring(issuers=ISSUERS[:1]))], "malformed"),
    ]  # fmt: skip
    return {
        "format": 1,
        "runner": "chain",
        "root": thumbprint(ROOT.public).hex(),
        "cases": [
            {
                "class": code or "good",
                "name": name,
                "keyrings": [data.hex() for data in versions],
                "expect": {"code": code} if code else {"code": None, "version": len(versions)},
            }
            for name, versions, code in cases
        ],
    }


def qr_texts() -> dict[str, Any]:
    """Texts with the digits read out of each, or null, and whether it begins as one of ours all the same."""
    digits = qr_text.write(b"\x84" + bytes(range(1, 155)), HOST).rpartition("/")[2]
    address = "https://VERIFY.EXAMPLE.ORG/Q/"
    good = address + digits
    added = {
        "as printed": good,
        "as printed before 2026-11-26": f"HTTPS://VERIFY.EXAMPLE.ORG/Q/{digits}",
        "lower case": good.lower(),
        "http, another host, a port": f"http://other.example:8080/q/{digits}",
        "digits alone": digits,
        "white space around": f" \u3000\n{good}\t\r\n",
        "a query": f"{good}?from=timeline&isappinstalled=0",
        "an empty query": f"{good}?",
        "a query of our own pages": f"{good}?lang=en&as_of=2022-05-01",
        "a query and a fragment": f"{good}?x=1#y?z",
        "&name=value": f"{good}&from=groupmessage",
        "two of them": f"{good}&from=groupmessage&scene=1",
        "an empty value": f"{good}&utm_source=",
        "a fragment": f"{good}#wechat_redirect",
        "an empty fragment": f"{good}#",
        "a slash": f"{good}/",
        "a slash and a query": f"{good}/?x=1",
        "a byte order mark in front": f"\ufeff{good}",
        "a byte order mark and white space": f" \ufeff {good} \ufeff",
        "zero-width spaces inside": f"{address}{digits[:100]}\u200b{digits[100:]}\u200b",
        "direction marks": f"\u200e\u202a{good}\u202c\u200f",
        "a soft hyphen and a variation selector": f"{address}{digits[:9]}\u00ad{digits[9:]}\ufe0f",
        "a second scheme": f"https://{good}",
        "another scheme in front": f"http://HTTPS://VERIFY.EXAMPLE.ORG/Q/{digits}",
        "a second scheme as browsers write it": f"https://https//VERIFY.EXAMPLE.ORG/Q/{digits}",
        "digits alone with a query": f"{digits}?x=1",
    }
    short = {"an address with few digits": (f"{address}123", "123", True), "few digits": ("123", "123", False)}
    wrong = {
        "nothing": ("", False),
        "white space": (" \n", False),
        "words": ("你好", False),
        "a leading zero": (f"{address}0{digits}", True),
        "no digits": (address, True),
        "a letter among the digits": (f"{address}{digits[:9]}A{digits[10:]}", True),
        "a letter behind the digits": (f"{digits}x", True),
        "words behind": (f"{good} 请查验", True),
        "full-width digits": ("１２３", False),
        "Arabic digits": ("١٢٣", False),
        "a space inside": ("12 34", False),
        "a path behind": (f"{good}/x", True),
        "two slashes": (f"{good}//", True),
        "a name without a value": (f"{good}&from", True),
        "a space in the query": (f"{good}?x=1 2", True),
        "a path before": (f"https://a.example/b/q/{digits}", False),
        "another path": (f"https://a.example/{digits}", False),
        "no host": (f"https:///Q/{digits}", False),
        "another scheme": (f"ftp://a.example/q/{digits}", False),
        "a long s": (f"http\u017f://a.example/q/{digits}", False),
        "three schemes": (f"https://http://https://a.example/q/{digits}", False),
        "a NUL behind": (f"{good}\x00", True),
        "too many digits": ("8" * 2001, True),
        "too long": (f"{good}?{'x' * 10_000}", False),
    }
    cases = [
        *({"name": name, "text": text, "digits": digits, "ours": True} for name, text in added.items()),
        *({"name": name, "text": text, "digits": read, "ours": o} for name, (text, read, o) in short.items()),
        *({"name": name, "text": text, "digits": None, "begins": begins} for name, (text, begins) in wrong.items()),
    ]
    return {"format": 1, "runner": "text", "cases": cases}


def files() -> dict[str, str]:
    """Each file's name and whole text."""
    made = {
        "chains": chains(),
        "statements": statements(),
        "verdicts": verdicts(),
        "snapshots": snapshots(),
        "qr_text": qr_texts(),
        "beliefs": beliefs(),
        "log": logs(_sign(FIRST), thumbprint(ROOT.public)),
    }
    return {f"{name}.json": _written(value) for name, value in made.items()}


def _written(file: dict[str, Any]) -> str:
    """A file's JSON, each case on a line of its own."""
    lines = [f"{json.dumps(key)}: {_cases(value)}" for key, value in file.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _cases(value: object) -> str:
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in value) + "\n]"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file_name, text in files().items():
        (FOLDER / file_name).write_text(text, "utf-8")
