"""The nine steps: what each finds, how the procedure ends, and what a verdict shows of a person."""

import contextlib
from typing import Any

import msgspec
import pytest

from tests import releases
from tests.invented import CEM, CERTIFICATE, ENTRIES, ISSUED_AT, LOG, ROOT, STATUS, TestKey, chain, keyring, resign
from verify.core import answer, qr_text, statement, verdict
from verify.core.answer import Verdict
from verify.core.believed_list import BelievedList
from verify.core.certificate import Certificate, default_number
from verify.core.chain import Chain
from verify.core.changes import Change, Named
from verify.core.errors import NotBelieved, RegisterDamaged
from verify.core.fields import Names
from verify.core.keyring import Key
from verify.core.offline import Knowledge
from verify.core.pass_list import Row
from verify.core.register import ExamFacts, Published, Record

NOW = 1_700_000_000
HOLDER = "买买提·吐尔逊江"
NUMBER = default_number("CEM", "2022-04", 77)
PAPER = Certificate(number=NUMBER, holder=HOLDER, id_hint="002X", programme="CEM", term="2022-04", issued_at=ISSUED_AT)
EXAM = ExamFacts(title=Names(zh="2022年第三次考试"), held_on="2022-04-23")


def sealed(paper: Certificate = PAPER, key: TestKey = CERTIFICATE) -> bytes:
    """The certificate's statement."""
    return key.sign(paper.draft(key.kid))


def listing(*named: bytes, index: int = 2, key: TestKey = CERTIFICATE, **other: Any) -> Published:
    """A final list of the exam that names these certificates."""
    rows = [
        Row(serial=n, name="某", id="＊", certificate=statement.decode(data).short) for n, data in enumerate(named, 1)
    ]
    fields: dict[str, Any] = {"title": EXAM.title, "held_on": EXAM.held_on}
    return Published(data=releases.pass_list(rows, key=key, **fields | other), index=index)


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """What is filed of one number and of its replacement."""

    certificates: tuple[Published, ...]
    lists: tuple[Published, ...]
    changes: tuple[Published, ...] = ()

    def record(self, of: Chain) -> Record:
        """The register's answer under these keyrings."""
        lists = []
        for published in self.lists:
            with contextlib.suppress(NotBelieved):
                lists.append(BelievedList.of(published.data, published.index, of))
        filed: dict[str, tuple[Published, ...]] = {}
        for published in self.certificates:
            number = statement.decode(published.data).claims[statement.CTI].decode()
            filed[number] = (*filed.get(number, ()), published)
        return Record(number=NUMBER, chain=of, certificates=filed, changes=self.changes, lists=tuple(lists))


def record(data: bytes, *, index: int = 1, more: tuple[Published, ...] = (), **other: Any) -> Filed:
    """What is filed: the certificate at index 1 and the final list that names it at index 2."""
    fields: dict[str, Any] = {
        "certificates": (Published(data=data, index=index), *more),
        "lists": (listing(data),),
    }
    return Filed(**fields | other)


def change(action: Any, at: int, data: bytes, index: int = 3, key: TestKey = STATUS, **other: Any) -> Published:
    """A published change of the certificate ``data``."""
    fields: dict[str, Any] = {
        "certificate": Named(number=NUMBER, short=statement.decode(data).short),
        "action": action,
        "effective_at": at,
        "reason": "misconduct",
        "issued_at": at,
    }
    return Published(data=key.sign(Change(**fields | other).draft(key.kid)), index=index)


def by_qr(data: bytes, found: Filed | None, of: Chain | None = None, **asked: Any) -> Verdict:
    """The verdict on a scanned code."""
    of = of or chain()
    if "offline" in asked:
        asked["offline"] = Knowledge(chain=of) if asked["offline"] else None
    seen = verdict.read_qr(qr_text.write(data, "verify.example.org"), of, NOW)
    return verdict.judge(seen, found.record(of) if found else None, chain=of, now=NOW, **asked)


def by_number(text: str, found: Filed | None, of: Chain | None = None, **asked: Any) -> Verdict:
    """The verdict on a typed number."""
    of = of or chain()
    return verdict.judge(verdict.read_number(text, of), found.record(of) if found else None, chain=of, now=NOW, **asked)


def codes(judged: Verdict) -> list[str]:
    """The result of each step."""
    assert [check.step for check in judged.checks] == list(range(1, 10))
    return [check.code for check in judged.checks]


def failed(judged: Verdict) -> tuple[int, str]:
    """The one step that failed; all after it are not done."""
    results = [check.result for check in judged.checks]
    assert results.count("fail") == 1
    place = results.index("fail")
    assert set(results[place + 1 :]) <= {"not_done"}
    return place + 1, judged.checks[place].code


def swapped(key: TestKey, **changes: Any) -> list[Key]:
    """The keyring's entries with one of them changed."""
    return [msgspec.structs.replace(entry, **changes) if entry.kid == key.kid else entry for entry in ENTRIES]


def test_a_registered_certificate_is_valid_and_shown_in_full_to_who_holds_it() -> None:
    """All steps but the log's pass, and what is shown comes from keyring, list and statement."""
    judged = by_qr(sealed(), record(sealed()))
    assert (judged.outcome, judged.status_now) == ("valid", "valid")
    assert [check.result for check in judged.checks] == ["pass"] * 8 + ["not_done"]
    shown = judged.certificate
    assert shown is not None
    assert (shown.holder, shown.id_hint, shown.number) == (HOLDER, "002X", NUMBER)
    assert shown.programme.name == CEM.name
    assert shown.exam.title == EXAM.title
    assert [issuer.zh for issuer in shown.issuers] == ["示例人才交流中心", "示例设计研究院"]


def test_by_number_alone_nobody_learns_the_whole_name() -> None:
    """A stranger sees the first character; who gave the right name sees it whole, who gave the ID number the hint."""
    stranger = by_number(f" {NUMBER.lower()} ", record(sealed())).certificate
    named = by_number(NUMBER, record(sealed()), name="买买提•吐尔逊江").certificate
    known = by_number(NUMBER, record(sealed()), known_person=True).certificate
    assert stranger is not None
    assert named is not None
    assert known is not None
    assert (stranger.holder, stranger.id_hint) == ("买＊＊", None)
    assert (named.holder, named.id_hint) == (HOLDER, None)
    assert (known.holder, known.id_hint) == (HOLDER, "002X")


def test_the_right_number_with_the_wrong_name_shows_nothing() -> None:
    """Neither the certificate nor its status."""
    judged = by_number(NUMBER, record(sealed()), name="王丽")
    assert judged.outcome == "mismatch"
    assert failed(judged) == (7, "name_mismatch")
    assert judged.certificate is None
    assert judged.status_now is None


def test_a_slip_in_a_number_is_told_before_any_search() -> None:
    """A wrong check character is malformed at step 6; the register need not be asked."""
    slip = NUMBER[:-3] + ("0" if NUMBER[-3] != "0" else "1") + NUMBER[-2:]
    seen = verdict.read_number(slip, chain())
    assert seen.number is None
    judged = by_number(slip, None)
    assert judged.outcome == "malformed"
    assert failed(judged) == (6, "number_check")


@pytest.mark.parametrize("text", ["", "???", "王丽", "A" * 33, "123"])
def test_what_cannot_be_a_number_is_unreadable(text: str) -> None:
    """Step 1 says so."""
    judged = by_number(text, None)
    assert judged.outcome == "unreadable"
    assert failed(judged) == (1, "not_a_number")


def test_a_number_that_nobody_has_is_not_found() -> None:
    """And it may be a slip, or not published yet."""
    judged = by_number(default_number("CEM", "2022-04", 78), None)
    assert judged.outcome == "not_found"
    assert failed(judged) == (7, "not_found")


def test_by_number_the_stored_statement_itself_is_judged() -> None:
    """What stands under a number and nobody of the centre signed is nothing; what comes after it is judged."""
    data = sealed()
    broken = data[:-1] + bytes([data[-1] ^ 1])
    assert failed(by_number(NUMBER, record(broken, lists=(listing(data),)))) == (7, "not_found")
    behind = record(broken, more=(Published(data=data, index=3),), lists=(listing(data),))
    assert by_number(NUMBER, behind).outcome == by_qr(data, behind).outcome == "valid"


def test_a_register_that_answers_with_another_number_is_damaged() -> None:
    """Then there is no verdict at all."""
    other = sealed(msgspec.structs.replace(PAPER, number=default_number("CEM", "2022-04", 78)))
    damaged = Record(number=NUMBER, chain=chain(), certificates={NUMBER: (Published(data=other, index=1),)})
    with pytest.raises(RegisterDamaged):
        verdict.judge(verdict.read_number(NUMBER, chain()), damaged, chain=chain(), now=NOW)


def test_a_key_that_the_keyring_lacks_is_unknown() -> None:
    """A stranger's certificate, however well made."""
    judged = by_qr(sealed(key=TestKey("stranger")), None)
    assert judged.outcome == "unknown_key"
    assert failed(judged) == (3, "unknown_key")


def test_a_stranger_who_takes_a_known_kid_is_a_forger() -> None:
    """The kid is a hint; the signature decides."""
    draft = PAPER.draft(CERTIFICATE.kid)
    judged = by_qr(draft.seal(TestKey("stranger").private.sign(draft.signed)), None)
    assert judged.outcome == "forged"


def test_two_keys_with_one_kid_are_both_tried() -> None:
    """A clash of 4-byte key IDs costs nothing but a second check."""
    other = TestKey("clash")
    clash = msgspec.structs.replace(chain().newest, keys=(*other_entries(other), *ENTRIES))
    of = chain()
    of = msgspec.structs.replace(of, versions=(msgspec.structs.replace(of.versions[0], keyring=clash),))
    assert by_qr(sealed(), record(sealed()), of).outcome == "valid"


def other_entries(other: TestKey) -> list[Key]:
    """An entry whose kid pretends to be the certificate key's."""
    return [msgspec.structs.replace(other.entry("certificate"), kid=CERTIFICATE.kid)]


@pytest.mark.parametrize("key", [ROOT, STATUS, LOG], ids=["root", "status", "log"])
def test_a_right_key_for_the_wrong_kind_is_not_trusted(key: TestKey) -> None:
    """Only certificate keys sign certificates."""
    judged = by_qr(sealed(key=key), record(sealed(key=key)))
    assert judged.outcome == "key_not_trusted"
    assert failed(judged) == (5, "key_wrong_use")
    assert judged.certificate is None


def test_a_right_key_for_the_wrong_programme_is_not_trusted() -> None:
    """A key signs within the programmes of its entry only."""
    of = chain(keyring(swapped(CERTIFICATE, programmes=("CAM",))))
    judged = by_qr(sealed(), record(sealed()), of)
    assert judged.outcome == "key_not_trusted"
    assert failed(judged) == (5, "key_wrong_programme")


def test_a_genuine_statement_of_another_kind_is_no_certificate() -> None:
    """A change in a QR code is malformed, not valid."""
    judged = by_qr(change("revoked", NOW, sealed()).data, None)
    assert judged.outcome == "malformed"
    assert failed(judged) == (6, "not_a_certificate")


@pytest.mark.parametrize(
    ("paper", "code"),
    [
        ({"number": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")}, "number_check"),
        ({"programme": "XYZ"}, "unknown_programme"),
        ({"expires_at": ISSUED_AT}, "expires_before_issue"),
        ({"holder": ""}, "malformed"),
        ({"holder": "王" * 51}, "malformed"),
        ({"holder": "王\n丽"}, "malformed"),
        ({"holder": "王\u200b丽"}, "malformed"),
        ({"id_hint": "12345"}, "malformed"),
        ({"term": "2022"}, "malformed"),
    ],
)  # fmt: skip
def test_signed_nonsense_is_malformed(paper: dict[str, Any], code: str) -> None:
    """A genuine signature does not make wrong claims right."""
    data = sealed(msgspec.structs.replace(PAPER, **paper))
    judged = by_qr(data, record(data))
    assert judged.outcome == "malformed"
    assert failed(judged) == (6, code)
    assert judged.certificate is None


def test_an_unknown_later_field_is_ignored_and_an_unknown_early_one_is_not() -> None:
    """Keys 16 to 23 are room for later versions, 0 to 15 are not."""
    claims = dict(statement.decode(sealed()).claims)
    for key, outcome in ((16, "valid"), (23, "valid"), (5, "malformed"), (24, "malformed")):
        data = resign(CERTIFICATE, claims | {-65537: claims[-65537] | {key: "later"}})
        assert by_qr(data, record(data)).outcome == outcome


def test_what_the_register_does_not_hold_is_unregistered() -> None:
    """No record, another statement under the number, or a certificate that no believed list names."""
    assert failed(by_qr(sealed(), None)) == (7, "not_registered")
    other = sealed(msgspec.structs.replace(PAPER, issued_at=ISSUED_AT + 1))
    assert failed(by_qr(sealed(), record(other))) == (7, "other_statement")
    both = record(other, more=(Published(data=sealed(), index=3),), lists=(listing(sealed()),))
    assert failed(by_qr(sealed(), both)) == (7, "other_statement")
    for lists in ((), (listing(),), (listing(sealed(), index=0),)):
        judged = by_qr(sealed(), record(sealed(), lists=lists))
        assert judged.outcome == "unregistered"
        assert failed(judged) == (7, "not_listed")


@pytest.mark.parametrize(
    ("actions", "outcome"),
    [
        (["suspended"], "suspended"),
        (["suspended", "reinstated"], "valid"),
        (["revoked"], "revoked"),
        (["suspended", "reinstated", "suspended", "revoked"], "revoked"),
    ],
)
def test_changes_apply_in_the_order_published(actions: list[str], outcome: str) -> None:
    """The last change in effect is the status; before the first it was valid."""
    data = sealed()
    changes = tuple(
        change(action, NOW - 1000 + 10 * place, data, index=3 + place) for place, action in enumerate(actions)
    )
    judged = by_qr(data, record(data, changes=changes))
    assert judged.outcome == judged.status_now == outcome
    before = by_qr(data, record(data, changes=changes), as_of=NOW - 1001)
    assert before.outcome == "valid"
    assert before.status_now == outcome


def test_a_replaced_certificate_says_by_which() -> None:
    """The new one is registered by the change that names it, without any list."""
    old, new = sealed(), sealed(msgspec.structs.replace(PAPER, number=default_number("CEM", "2022-04", 200)))
    number = default_number("CEM", "2022-04", 200)
    replaced = change("replaced", NOW - 5, old, replacement=Named(number=number, short=statement.decode(new).short))
    line = record(old, more=(Published(data=new, index=2),), changes=(replaced,))
    judged = by_qr(old, line)
    assert judged.outcome == "replaced"
    assert judged.certificate is not None
    assert judged.certificate.replaced_by == number
    assert by_qr(new, line).outcome == "valid"
    with pytest.raises(RegisterDamaged):  # an adapter that keeps the replacement back
        by_qr(old, record(old, changes=(replaced,)))


def test_a_line_stands_as_long_as_the_newest_list_names_any_of_it() -> None:
    """A list that names the old one, or the new one, leaves the line standing; one that names neither ends it whole."""
    old, new = sealed(), sealed(msgspec.structs.replace(PAPER, number=default_number("CEM", "2022-04", 200)))
    by = Named(number=default_number("CEM", "2022-04", 200), short=statement.decode(new).short)
    replaced = change("replaced", NOW - 500, old, index=5, replacement=by)
    for named, outcomes in (((old,), ("replaced", "valid")), ((new,), ("replaced", "valid")), ((), ("withdrawn",) * 2)):
        later = listing(*named, index=6, revision=2, issued_at=NOW - 100)
        line = record(old, more=(Published(data=new, index=4),), lists=(listing(old), later), changes=(replaced,))
        assert (by_qr(old, line).outcome, by_qr(new, line).outcome) == outcomes
        assert by_qr(old, line, as_of=NOW - 101).outcome == "replaced"
        assert by_qr(new, line, as_of=NOW - 101).outcome == "valid"


def test_a_certificate_that_a_corrected_list_leaves_out_is_withdrawn_from_then_on() -> None:
    """As of a day before, it was valid."""
    lists = (listing(sealed()), listing(index=5, issued_at=NOW - 100, revision=2))
    judged = by_qr(sealed(), record(sealed(), lists=lists))
    assert judged.outcome == "withdrawn"
    assert by_qr(sealed(), record(sealed(), lists=lists), as_of=NOW - 101).outcome == "valid"


def test_a_certificate_has_its_dates() -> None:
    """Expired from its exp on, offline too; not yet valid beyond 300 s of clock skew."""
    data = sealed(msgspec.structs.replace(PAPER, expires_at=NOW))
    for offline in (False, True):
        assert by_qr(data, record(data), offline=offline).outcome == "expired"
        assert by_qr(data, record(data), as_of=NOW - 1, offline=offline).outcome == "valid"
        early = sealed()
        assert by_qr(early, record(early), as_of=ISSUED_AT - 301, offline=offline).outcome == "not_yet_valid"
        assert by_qr(early, record(early), as_of=ISSUED_AT - 300, offline=offline).outcome == "valid"


def test_revoked_comes_before_expired() -> None:
    """The first outcome that applies is the one that matters more."""
    data = sealed(msgspec.structs.replace(PAPER, expires_at=NOW - 10))
    assert by_qr(data, record(data, changes=(change("revoked", NOW - 20, data),))).outcome == "revoked"


def test_offline_the_register_is_not_asked() -> None:
    """Valid with steps 7 to 9 not done, and no word on the status."""
    judged = by_qr(sealed(), None, offline=True)
    assert judged.outcome == "valid"
    assert judged.status_now is None
    assert codes(judged)[6:] == ["register_not_asked", "register_not_asked", "no_receipt"]
    assert judged.certificate is not None
    assert judged.certificate.status is None
    assert judged.certificate.exam.title is None


def test_a_retired_key_is_believed_where_the_register_shows_that_it_was_active() -> None:
    """Published before its retirement: valid. Offline nothing can be told, and the outcome is as if it had passed."""
    first = keyring()
    second = msgspec.structs.replace(
        first,
        version=2,
        previous=statement.decode(ROOT.sign(first.draft(ROOT.kid))).digest,
        keys=tuple(swapped(CERTIFICATE, state="retired")),
    )
    of = chain(first, second)
    listed = record(sealed(), index=3, lists=(listing(sealed(), index=4),))
    assert failed(by_qr(sealed(), listed, of)) == (5, "key_not_active")
    of = Chain(versions=(of.versions[0], msgspec.structs.replace(of.versions[1], index=9)))
    assert by_qr(sealed(), listed, of).outcome == "valid"
    offline = by_qr(sealed(), None, of, offline=True)
    assert (offline.outcome, codes(offline)[4]) == ("valid", "key_retired")


def test_a_compromised_key_is_believed_below_its_log_size_only() -> None:
    """Above it, or offline, it is not trusted; a list re-signed by a good key restores the certificates it names."""
    good = TestKey("new certificate key")
    of = chain(keyring([*swapped(CERTIFICATE, state="compromised", believed_below=2), good.entry("certificate")]))
    active = chain(keyring([*ENTRIES, good.entry("certificate")])).versions[0]
    lost = msgspec.structs.replace(of.versions[0], index=20)
    both = Chain(versions=(msgspec.structs.replace(active, index=0), lost))
    assert failed(by_qr(sealed(), None, both, offline=True)) == (5, "key_compromised")
    inside = record(sealed(), lists=(listing(sealed(), index=4, key=good),))
    assert by_qr(sealed(), inside, both).outcome == "valid"
    late = record(sealed(), index=7, lists=(listing(sealed(), index=8),))
    assert failed(by_qr(sealed(), late, both)) == (5, "key_compromised")
    restored = record(sealed(), index=7, lists=(listing(sealed(), index=8, key=good),))
    judged = by_qr(sealed(), restored, both)
    assert (judged.outcome, codes(judged)[4]) == ("valid", "key_restored")


def test_changes_that_nobody_may_make_do_not_count() -> None:
    """A change by a key of another use is passed over, and so is one that nobody signed."""
    data = sealed()
    by_wrong_key = change("revoked", NOW - 5, data, key=CERTIFICATE)
    assert by_qr(data, record(data, changes=(by_wrong_key,))).outcome == "valid"
    unsigned = change("revoked", NOW - 5, data)
    broken = Published(data=unsigned.data[:-1] + bytes([unsigned.data[-1] ^ 1]), index=3)
    assert by_qr(data, record(data, changes=(broken,))).outcome == "valid"


def test_an_expired_keyring_still_judges_and_says_so() -> None:
    """Past its term step 3 passes with its own code."""
    of = chain(keyring(expires_at=NOW - 1))
    judged = by_qr(sealed(), record(sealed()), of)
    assert judged.outcome == "valid"
    assert codes(judged)[2] == "keyring_expired"


def test_a_newer_format_is_unreadable_and_says_so() -> None:
    """Another algorithm or another kind of content is for a later version to judge."""
    claims = statement.decode(sealed()).claims
    data = resign(CERTIFICATE, {6: claims[6], -65600: {}})
    judged = by_qr(data, None)
    assert judged.outcome == "unreadable"
    assert failed(judged) == (2, "newer_format")


def test_every_code_has_its_words() -> None:
    """No step is ever left without a sentence."""
    assert all(detail.endswith(".") for detail in answer.DETAILS.values())
