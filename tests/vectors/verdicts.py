"""Vectors of the offline verdict: a QR text, a clock and what else is at hand, with the verdict that it must give.

The chains stand once, by name. A verdict's ``checks`` are result and code of the nine steps; its words are left out.
"""

import json
from typing import Any, Final, NamedTuple

import msgspec

from tests.invented import CERTIFICATE, ENTRIES, ISSUED_AT, LOG, ROOT, STATUS, TestKey, keyring, resign
from tests.vectors import logs
from tests.vectors.statements import RING, TWINS
from verify.core import cbor, qr_text, statement, verdict
from verify.core.certificate import Certificate, default_number
from verify.core.chain import Chain
from verify.core.errors import NotAskable, NotBelieved
from verify.core.keyring import Keyring, State, thumbprint
from verify.core.log import checkpoint, tree
from verify.core.log import receipt as receipts
from verify.core.log.checkpoint import Checkpoint
from verify.core.log.receipt import Proof
from verify.core.offline import Knowledge, taken
from verify.core.snapshot import Snapshot, Standing

HOST: Final = "verify.example.org"
NOW: Final = 1_700_000_000
TAKEN_AT: Final = NOW - 6 * 86_400
PAPER: Final = Certificate(
    number=default_number("CEM", "2022-04", 1),
    holder="样本",
    id_hint="002X",
    programme="CEM",
    term="2022-04",
    issued_at=ISSUED_AT,
)
FIRST: Final = keyring()
TELLER: Final = TestKey("second status")


def _sign(ring: Keyring, root: TestKey = ROOT) -> bytes:
    return root.sign(ring.draft(root.kid))


def _with_states(issued_at: int, **states: State) -> list[bytes]:
    """The first keyring and a second, in which the first key of each use has another state, and a status key is new."""
    first = _sign(FIRST)
    keys = tuple(
        msgspec.structs.replace(
            key,
            state=states.get(key.use, "active"),
            believed_below=2 if states.get(key.use) == "compromised" else None,
        )
        for key in ENTRIES
    )
    second = msgspec.structs.replace(
        FIRST,
        version=2,
        previous=statement.decode(first).digest,
        keys=(*keys, TELLER.entry("status"), TestKey("CEM").entry("status", "CEM")),
        issued_at=issued_at,
    )
    return [first, _sign(second)]


CHAINS: Final[dict[str, list[bytes]]] = {
    "plain": [_sign(FIRST)],
    "many keys": [_sign(RING)],
    "certificate key retired": _with_states(ISSUED_AT + 9, certificate="retired"),
    "certificate key compromised": _with_states(ISSUED_AT + 9, certificate="compromised"),
    "status key retired": _with_states(ISSUED_AT + 9, status="retired"),
    "status key compromised": _with_states(ISSUED_AT + 9, status="compromised"),
    "renewed after the snapshot": _with_states(TAKEN_AT + 1),
    "past its term": [_sign(msgspec.structs.replace(FIRST, expires_at=NOW - 1))],
}


def made(key: TestKey = CERTIFICATE, **changes: Any) -> bytes:
    """A certificate of the invented centre."""
    return key.sign(msgspec.structs.replace(PAPER, **changes).draft(key.kid))


def snapshot(*standings: tuple[bytes, Standing], key: TestKey = STATUS, **other: Any) -> bytes:
    """A snapshot that has these certificates, by statement."""
    held = {statement.decode(data).digest[:8]: standing for data, standing in standings}
    fields: dict[str, Any] = {"taken_at": TAKEN_AT, "log_size": 40, "standings": held, "issued_at": TAKEN_AT + 60}
    return key.sign(Snapshot(**fields | other).draft(key.kid))


class Case(NamedTuple):
    """One question: what is at hand, and the outcome, the step that ends it and the code of step 8 to be had."""

    failure: str
    name: str
    data: bytes
    outcome: str
    step: int | None = None
    chain: str = "plain"
    snapshot: bytes | None = None
    asked: dict[str, int] = {}  # noqa: RUF012 - a NamedTuple's default, and never changed
    receipt: str | bytes | None = None


def _cases() -> list[Case]:
    good = made()
    claims = statement.decode(good).claims
    undated = {key: value for key, value in claims.items() if key != 6}
    draft = msgspec.structs.replace(PAPER, holder="别人").draft(CERTIFICATE.kid)
    forged = draft.seal(TestKey("stranger").private.sign(draft.signed))
    content = claims[-65537]
    later = made(issued_at=TAKEN_AT + 1)
    plain = snapshot()
    ended = made(expires_at=NOW)

    def other(fields: dict[Any, Any]) -> bytes:
        return resign(CERTIFICATE, claims | {-65537: content | fields})

    return [
        Case("good", "plain", good, "valid"),
        Case("good", "the minority-name dot", made(holder="买买提·吐尔逊江"), "valid"),
        Case("good", "beyond the first plane", made(holder="王𠮷䶮㛃𰻝"), "valid"),
        Case("good", "a compatibility character, not normalised", made(holder="\ufa19"), "valid"),
        Case("good", "fifty characters", made(holder="张" * 50), "valid"),
        Case("good", "a short ID", made(id_hint="7"), "valid"),
        Case("good", "a number of the centre's own", made(number="A123456789012345678901"), "valid"),
        Case("good", "an older paper", made(paper_date="2015-06-01", id_hint=""), "valid"),
        Case("good", "not expired yet", made(expires_at=NOW + 1), "valid"),
        Case("good", "asked before it expired", ended, "valid", asked={"as_of": NOW - 1}),
        Case("good", "issued a moment ahead", made(issued_at=NOW + 300), "valid"),
        Case("good", "a later field", other({16: 0}), "valid"),
        Case("good", "the second of two keys of one kid", made(TWINS[1]), "valid", chain="many keys"),
        Case("keyring_expired", "a keyring past its term", good, "valid", chain="past its term"),
        Case("key_retired", "a key retired since", good, "valid", chain="certificate key retired"),
        Case("expired", "just expired", ended, "expired", 8),
        Case("expired", "an older paper's term", made(paper_date="2015-06-01", expires_at=ISSUED_AT - 9), "expired", 8),
        Case("not_yet_valid", "issued too far ahead", made(issued_at=NOW + 301), "not_yet_valid", 8),
        Case("not_yet_valid", "asked too long before", good, "not_yet_valid", 8, asked={"as_of": ISSUED_AT - 301}),
        Case("key_wrong_use", "signed by a status key", made(STATUS), "key_not_trusted", 5),
        Case("key_wrong_programme", "signed by a key of another programme", made(TestKey("certificate of CAM")),
             "key_not_trusted", 5, "many keys"),
        Case("key_compromised", "a key compromised since", good, "key_not_trusted", 5, "certificate key compromised"),
        Case("unknown_key", "signed by nobody known", made(TestKey("stranger")), "unknown_key", 3),
        Case("signature_bad", "signed by a stranger under a known kid", forged, "forged", 4),
        Case("signature_bad", "its last bit flipped", good[:-1] + bytes([good[-1] ^ 0x80]), "forged", 4),
        Case("number_check", "a slip in its number", made(number=PAPER.number[:-1] + "A"), "malformed", 6),
        Case("unknown_programme", "a programme that is not there", made(programme="XYZ"), "malformed", 6),
        Case("malformed", "an empty name", made(holder=""), "malformed", 6),
        Case("malformed", "fifty-one characters", made(holder="张" * 51), "malformed", 6),
        Case("malformed", "a format character in the name", made(holder="样\u202e本"), "malformed", 6),
        Case("malformed", "no time of issue", resign(CERTIFICATE, undated), "malformed", 6),
        Case("malformed", "an unknown field", other({15: 0}), "malformed", 6),
        Case("malformed", "no ID hint, and no older paper", made(id_hint=""), "malformed", 6),
        Case("malformed", "a paper's date that is none", made(paper_date="2015-02-30"), "malformed", 6),
        Case("expires_before_issue", "it expires as it is issued", made(expires_at=ISSUED_AT), "malformed", 6),
        Case("not_a_certificate", "a snapshot in a code", plain, "malformed", 6),
        Case("not_canonical", "a text as key", other({"x": 0}), "unreadable", 2),
        Case("not_canonical", "a float as time", good.replace(cbor.encode(ISSUED_AT), b"\xfa\x4e\xc4\xb1\x08"),
             "unreadable", 2),
        Case("not_a_statement", "two contents", resign(CERTIFICATE, claims | {-65538: {}}), "unreadable", 2),
        Case("newer_format", "an unknown content", resign(CERTIFICATE, {6: ISSUED_AT, -65599: {}}), "unreadable", 2),
        Case("trailing", "a byte behind", good + b"\x00", "unreadable", 2),
        Case("truncated", "cut", good[:-1], "unreadable", 2),
        Case("good", "nothing against it in the snapshot", good, "valid", snapshot=plain),
        Case("good", "another certificate in the snapshot", good, "valid", snapshot=snapshot((ended, "revoked"))),
        Case("good", "asked as of the snapshot's moment", good, "valid", snapshot=plain, asked={"as_of": TAKEN_AT}),
        Case("good", "the log has grown since", good, "valid", snapshot=plain, asked={"log_size": 41}),
        Case("good", "by a status key that came later", good, "valid", None, "renewed after the snapshot",
             snapshot(key=TELLER, issued_at=TAKEN_AT + 1)),
        *(Case(standing, f"{standing} in the snapshot", good, standing, 8, snapshot=snapshot((good, standing)))
          for standing in ("suspended", "revoked", "replaced", "withdrawn")),
        Case("revoked", "revoked, and expired since", ended, "revoked", 8, snapshot=snapshot((ended, "revoked"))),
        Case("expired", "expired, the snapshot having nothing", ended, "expired", 8, snapshot=plain),
        Case("clock_behind", "a clock a year behind the snapshot", good, "valid", snapshot=plain,
             asked={"clock": TAKEN_AT - 365 * 86_400}),
        Case("clock_behind", "expired by the snapshot's time, not by the clock's", made(expires_at=TAKEN_AT), "expired",
             8, snapshot=plain, asked={"clock": TAKEN_AT - 365 * 86_400}),
        Case("clock_behind", "a clock behind the keyring", good, "valid", None, "renewed after the snapshot",
             asked={"clock": TAKEN_AT - 365 * 86_400}),
        Case("clock_ahead", "a clock 300 days ahead of the snapshot", good, "valid", snapshot=plain,
             asked={"clock": TAKEN_AT + 300 * 86_400}),
        Case("as_of_before_snapshot", "asked about the time before", good, "", snapshot=plain,
             asked={"as_of": TAKEN_AT - 1}),
        Case("issued_after_snapshot", "a certificate newer than it", later, "valid", snapshot=plain),
        *(Case(failure, name, good, "valid", None, chain, data, asked)
          for failure, name, chain, data, asked in bad_snapshots()),
        *_receipts(good),
    ]  # fmt: skip


def bad_snapshots() -> list[tuple[str, str, str, bytes, dict[str, int]]]:
    """Snapshots that are not taken: why, its name, the chain, the bytes and what else is at hand."""
    plain = snapshot()
    claims = statement.decode(plain).claims
    one_programme = snapshot(key=TestKey("CEM"), issued_at=TAKEN_AT + 60)
    by_retired = snapshot(issued_at=TAKEN_AT + 60)
    return [
        ("snapshot_before_keyring", "older than the keyring", "renewed after the snapshot",
         snapshot(key=TELLER, issued_at=TAKEN_AT), {}),
        ("unknown_key", "by a key of another centre", "plain", snapshot(key=TestKey("stranger")), {}),
        ("signature_bad", "altered", "plain", plain[:-1] + bytes([plain[-1] ^ 0x80]), {}),
        ("truncated", "half downloaded", "plain", plain[: len(plain) // 2], {}),
        ("truncated", "nothing", "plain", b"", {}),
        ("trailing", "two of them", "plain", plain + plain, {}),
        ("key_wrong_programme", "by a key of one programme", "status key retired", one_programme, {}),
        ("key_wrong_use", "by a certificate key", "plain", snapshot(key=CERTIFICATE), {}),
        ("key_retired", "by a retired key", "status key retired", by_retired, {}),
        ("key_compromised", "by a compromised key", "status key compromised", by_retired, {}),
        ("malformed", "with a field too many", "plain",
         resign(STATUS, claims | {-65542: claims[-65542] | {15: 0}}), {}),
        ("wrong_kind", "a certificate in its place", "plain", made(), {}),
        ("snapshot_unproven", "of a size that the checkpoint does not have", "plain", plain, {"log_size": 39}),
        ("snapshot_rolled_back", "of a smaller log than one before", "plain", plain,
         {"kept_size": 41, "kept_taken_at": TAKEN_AT}),
        ("snapshot_rolled_back", "taken before one before", "plain", plain,
         {"kept_size": 40, "kept_taken_at": TAKEN_AT + 1}),
    ]  # fmt: skip


def receipt(data: bytes, index: int, key: TestKey = LOG) -> str:
    """A tlog-proof that a log of ``index`` + 2 entries has this statement there, the others being invented."""
    leaves = [tree.leaf(tree.entry(1, bytes([n]) * 32)) for n in range(index + 2)]
    leaves[index] = tree.leaf(tree.entry_of(statement.decode(data)))
    path = tuple(logs.audit_path(leaves, index))
    said = Checkpoint(origin=f"{HOST}/log", size=len(leaves), root=logs.root_over(leaves))
    note = checkpoint.note(said, key.public, key.private.sign(said.text.encode()))
    return receipts.tlog_proof(Proof(index=index, size=len(leaves), path=path), note)


def cose(data: bytes) -> bytes:
    """A COSE Receipt that this statement is all of a log."""
    root = tree.leaf(tree.entry_of(statement.decode(data)))
    signature = LOG.private.sign(receipts.signed_root(LOG.kid, root))
    return receipts.cose(Proof(index=0, size=1, path=()), LOG.kid, signature)


def _receipts(good: bytes) -> list[Case]:
    """Receipts that prove the place, and such as do not."""
    lost = "certificate key compromised"
    other = made(holder="别人")
    proof = receipt(good, 1)
    again = Case("good", "a receipt", good, "valid", receipt=proof)
    return [
        again,
        again._replace(name="a COSE Receipt", receipt=cose(good)),
        again._replace(name="a receipt, and nothing in the snapshot", snapshot=snapshot()),
        again._replace(name="a receipt of the last place that the snapshot speaks of", receipt=receipt(good, 39),
                       snapshot=snapshot()),
        again._replace(failure="issued_after_snapshot", name="logged after the snapshot", snapshot=snapshot(),
                       receipt=receipt(good, 40)),
        again._replace(name="a key compromised since, logged before", chain=lost),
        Case("key_compromised", "logged when its key was compromised", good, "key_not_trusted", 5, lost,
             receipt=receipt(good, 2)),
        Case("receipt_bad", "a receipt of another certificate", good, "valid", receipt=receipt(other, 1)),
        Case("receipt_bad", "a COSE Receipt of another certificate", good, "valid", receipt=cose(other)),
        Case("receipt_bad", "a receipt of another log's key", good, "valid", receipt=receipt(good, 1, STATUS)),
        Case("receipt_bad", "a receipt cut off", good, "valid", receipt=proof[:-2]),
        Case("receipt_bad", "an empty receipt", good, "valid", receipt=""),
        Case("key_compromised", "a key compromised since, a receipt of another", good, "key_not_trusted", 5, lost,
             receipt=receipt(other, 1)),
    ]  # fmt: skip


def follow(name: str) -> Chain:
    """A chain by its name, as a verifier without a network has it."""
    return Chain.follow([(data, None) for data in CHAINS[name]], thumbprint(ROOT.public))


def kept(asked: dict[str, int]) -> Snapshot | None:
    """The snapshot that was taken before, as far as it matters."""
    if "kept_size" not in asked:
        return None
    at = asked["kept_taken_at"]
    return Snapshot(taken_at=at, log_size=asked["kept_size"], standings={}, issued_at=at)


def answer(
    chain: Chain, qr: str, data: bytes | None, asked: dict[str, int], receipt: str | bytes | None = None
) -> dict[str, Any]:
    """What the core says, as a vector holds it."""
    known = Knowledge.of(chain, data, asked.get("log_size"), kept(asked))
    known = msgspec.structs.replace(known, receipt=receipt)
    clock = asked.get("clock", NOW)
    try:
        judged = verdict.offline_verdict(qr, known, now=clock, as_of=asked.get("as_of"))
    except NotAskable as error:
        return {"refused": error.code}
    whole: dict[str, Any] = json.loads(msgspec.json.encode(judged))
    del whole["receipt"]
    return whole | {"checks": [[check.result, check.code] for check in judged.checks]}


def verdicts() -> dict[str, Any]:
    """Every case, with the whole verdict."""
    return {
        "format": 1,
        "runner": "verdict",
        "root": thumbprint(ROOT.public).hex(),
        "chains": {name: [data.hex() for data in versions] for name, versions in CHAINS.items()},
        "cases": [_vector(case) for case in _cases()],
    }


def _vector(case: Case) -> dict[str, Any]:
    qr = qr_text.write(case.data, HOST)
    expect = answer(follow(case.chain), qr, case.snapshot, case.asked, case.receipt)
    failed = [step for step, (result, _code) in enumerate(expect.get("checks", ()), start=1) if result == "fail"]
    # What the core says is written down only where it is what was meant.
    assert expect.get("outcome", "") == case.outcome, f"{case.name}: {expect}"
    assert failed == ([case.step] if case.step else []), f"{case.name}: {expect}"
    known = {} if case.snapshot is None else {"snapshot": case.snapshot.hex()}
    asked: dict[str, Any] = {"clock": NOW} | case.asked
    if isinstance(case.receipt, str):
        known["receipt"] = case.receipt
    elif case.receipt is not None:
        known["receipt_cose"] = case.receipt.hex()
    name = {"class": case.failure, "name": case.name}
    return {**name, "chain": case.chain, "qr": qr, **asked, **known, "expect": expect}


def snapshots() -> dict[str, Any]:
    """Snapshots by themselves: taken, or why not."""
    good: list[tuple[str, str, str, bytes, dict[str, int]]] = [
        ("good", "plain", "plain", snapshot(), {"log_size": 40}),
        ("good", "as new as the keyring", "renewed after the snapshot",
         snapshot(key=TELLER, issued_at=TAKEN_AT + 1), {}),
        ("good", "the same as before", "plain", snapshot(), {"kept_size": 40, "kept_taken_at": TAKEN_AT}),
    ]  # fmt: skip
    return {
        "format": 1,
        "runner": "snapshot",
        "root": thumbprint(ROOT.public).hex(),
        "chains": {name: [data.hex() for data in versions] for name, versions in CHAINS.items()},
        "cases": [
            {"class": failure, "name": name, "chain": chain, "snapshot": data.hex(), **asked,
             "expect": _taken(failure, chain, data, asked)}
            for failure, name, chain, data, asked in (*good, *bad_snapshots())
        ],
    }  # fmt: skip


def _taken(failure: str, chain: str, data: bytes, asked: dict[str, int]) -> dict[str, Any]:
    try:
        found = taken(data, follow(chain), asked.get("log_size"), kept(asked))
    except NotBelieved as error:
        given: dict[str, Any] = {"code": error.code}
    else:
        given = {"code": None, "taken_at": found.taken_at, "log_size": found.log_size}
    assert (given["code"] or "good") == failure
    return given
