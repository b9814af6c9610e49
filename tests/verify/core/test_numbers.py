"""Certificate numbers, QR texts, names and ID numbers: properties that hold for all of them."""

import datetime
import hmac
import time
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from verify.core import certificate, identity, qr_text, tables
from verify.core.errors import Unreadable

TODAY = datetime.date(2026, 11, 26)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODES = st.from_regex(r"[A-Z][0-9A-Z]{1,7}", fullmatch=True)
TERMS = st.dates().map(lambda date: f"{date.year:04}-{date.month:02}")
SERIALS = st.integers(1, 999_999)
NAMES = st.text(
    st.sampled_from("王丽买提江𠮷䶮㛃𰻝éßöĀ' -·abcXYZ" + tables.MIDDLE_DOTS + tables.APOSTROPHES + "\ue863\u200b　 "),
    min_size=1,
    max_size=50,
) | st.text(max_size=50)


@given(CODES, TERMS, SERIALS, st.data())
def test_any_changed_character_of_a_number_is_caught(code: str, term: str, serial: int, data: st.DataObject) -> None:
    """ISO 7064 MOD 37,36 finds every single wrong character: it is a slip, or no number of the default shape."""
    number = certificate.default_number(code, term, serial)
    assert not certificate.is_slip(number, [code])
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from([character for character in ALPHABET if character != number[place]]))
    slip = number[:place] + wrong + number[place + 1 :]
    assert certificate.check_character(slip[:-1]) != slip[-1]
    if certificate.has_default_shape(slip, [code]):
        assert certificate.is_slip(slip, [code])


@given(CODES, TERMS, SERIALS)
def test_a_default_number_says_its_serial(code: str, term: str, serial: int) -> None:
    """The serial reads back, and the number is in normal form."""
    number = certificate.default_number(code, term, serial)
    assert certificate.default_serial(number, code) == serial
    assert certificate.normal_number(number) == number
    assert certificate.normal_number(f" {number[:4].lower()}-{number[4:]}\u200b ") == number


@given(st.text(max_size=60))
def test_a_normal_number_is_its_own_normal_form(text: str) -> None:
    """Normalising twice changes nothing, and gives 0-9A-Z only."""
    number = certificate.normal_number(text)
    if number is not None:
        assert certificate.normal_number(number) == number
        assert set(number) <= set(ALPHABET)


def test_no_text_is_looked_at_twice() -> None:
    """One of 10,000 characters, of what two parts of the rule could take, costs a millisecond and no second."""
    text = "https://x/Q/1?" + "&a=b" * 2490 + " x"
    begun = time.process_time()
    for _ in range(20):
        with pytest.raises(Unreadable, match="altered"):
            qr_text.digits(text)
    assert time.process_time() - begun < 5


@given(st.binary(min_size=1, max_size=800).filter(lambda data: data[0] != 0))
def test_a_qr_text_reads_back(data: bytes) -> None:
    """Whatever begins with a byte other than 0 survives as decimal digits, in either case and with white space."""
    text = qr_text.write(data, "verify.example.org")
    assert text.startswith("https://VERIFY.EXAMPLE.ORG/Q/")
    for typed in (
        text,
        text.lower(),
        f" {text}\n",
        text.rpartition("/")[2],
        text.replace("https", "http"),
        text.upper(),
    ):
        assert qr_text.read(typed) == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0123",
        "١٢٣",
        "１２３",
        "12 34",
        "1" * 2001,
        "1" * 10_000,
        "https://VERIFY.EXAMPLE.ORG/Q/",
        "HTTPS://A/B/Q/12",
        "FTP://VERIFY.EXAMPLE.ORG/Q/12",
        "https:///Q/12",
        "12\x00",
    ],
)
def test_other_texts_are_unreadable_at_once(text: str) -> None:
    """No leading zero, no other digits, nothing behind the digits, and at most 2,000 of them."""
    with pytest.raises(Unreadable):
        qr_text.read(text)


def test_what_is_too_long_is_no_name_and_no_number_before_it_is_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    """200 characters of a name or number and 64 of an ID number are looked at, and of a longer one none."""
    assert identity.name_key("买" * 200) == "买" * 200
    assert identity.compact("7" * 200) == "7" * 200
    assert identity.compact("A" + "-" * 199) == "A"
    assert identity.id_key("passport", "７" * 64) == "7" * 64

    def normalize(form: str, text: str) -> str:
        raise AssertionError(f"{len(text)} characters as {form}")

    with monkeypatch.context() as patched:  # pytest normalises, too
        patched.setattr(unicodedata, "normalize", normalize)
        for text in ("买" * 201, "7" * 201, "A" + "-" * 200, "\u0315" * 400_000, " " * 201):
            assert identity.name_key(text) == identity.compact(text) == ""
            assert certificate.normal_number(text) is None
            assert identity.id_key("passport", text[:65]) == ""
            assert identity.resident_fault(identity.id_key("resident", text[:65]), TODAY) == "id_length"


def test_a_name_of_plain_characters_is_its_own_key_for_each_of_them() -> None:
    """What is handed through is what folding would make of it; behind a space it is folded all the same."""
    plain = [*"0123456789abcdefghijklmnopqrstuvwxyz", *map(chr, range(0x4E00, 0xA000))]
    assert [identity.name_key(character) for character in plain] == plain
    assert [identity.name_key(f" {character}") for character in plain] == plain


@given(NAMES)
def test_a_name_key_is_its_own_name_key(name: str) -> None:
    """Comparing keys of keys changes nothing, for what NFKC and casefold leave alone in turn."""
    key = identity.name_key(name)
    assume(unicodedata.normalize("NFKC", key) == key)
    assert identity.name_key(key) == key


@given(NAMES, st.sampled_from(tables.MIDDLE_DOTS), st.sampled_from(" 　\u200b\t\u00ad"))
def test_dots_and_spaces_do_not_make_another_person(name: str, dot: str, space: str) -> None:
    """However the dot is typed and wherever spaces are, the key is one."""
    assume("·" not in name[:1])
    typed = space + f"{name}·{name}".replace("·", dot) + space
    assert identity.name_key(typed) == identity.name_key(f"{name}·{name}")


@given(st.sampled_from(list(tables.ID_TYPES)), st.text(max_size=30))
def test_an_id_key_is_its_own_id_key(id_type: str, text: str) -> None:
    """Keys of keys change nothing, for what NFKC leaves alone, also where 15 digits became 18."""
    key = identity.id_key(id_type, text)
    assume(unicodedata.normalize("NFKC", key) == key)
    assert identity.id_key(id_type, key) == key


@given(st.dates(datetime.date(1900, 1, 1), TODAY), st.integers(0, 999), st.data())
def test_any_changed_digit_of_a_resident_number_is_caught(date: object, serial: int, data: st.DataObject) -> None:
    """GB 11643's check finds every single wrong digit, the check digit itself too."""
    body = f"990000{str(date).replace('-', '')}{serial:03}"
    number = next(body + check for check in "0123456789X" if identity.resident_fault(body + check, TODAY) is None)
    place = data.draw(st.integers(0, 17))
    wrong = data.draw(
        st.sampled_from([c for c in ("0123456789X" if place == 17 else "0123456789") if c != number[place]])
    )
    assert identity.resident_fault(number[:place] + wrong + number[place + 1 :], TODAY) is not None


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("11010519491231002X", None),
        ("440524188001010014", None),
        ("110105194912310021", "id_checksum"),
        ("11010519491231002x", "id_length"),
        ("1101051949123100", "id_length"),
        ("99000020230230001X", "id_date"),
        ("99000018990101001X", "id_date"),
        ("99000019000101001X", None),
        ("99000020261126001X", None),
        ("99000020261127001X", "id_date"),
        ("99000099990101001X", "id_date"),
        ("99000000010101001X", "id_date"),
        ("CHN310080010101", None),
        ("USA110000022901", None),
        ("USA110027010101", None),
        ("USA110000023001", "id_date"),
        ("CHN310080133201", "id_date"),
        ("CH1310080010101", "id_length"),
        ("", "id_length"),
    ],
)
def test_a_resident_number_is_judged_by_length_check_and_date(number: str, fault: str | None) -> None:
    """The standard's own examples pass; a slip, a cut number and a date that does not exist are named."""
    if number.startswith("990000"):
        number = next(
            n for n in (number[:17] + c for c in "0123456789X") if identity.resident_fault(n, TODAY) != "id_checksum"
        )
    assert identity.resident_fault(number, TODAY) == fault


@pytest.mark.parametrize("unseen", [*sorted(tables.UNSEEN)[:24], *"\u200b\u00ad\ufeff\U000e0101\u0000"])
def test_characters_that_nobody_sees_make_no_other_name_and_no_other_number(unseen: str) -> None:
    """At the beginning, inside and at the end of both."""
    assert identity.name_key(f"{unseen}王{unseen}芳{unseen}") == "王芳"
    assert identity.compact(f"{unseen}CEM{unseen}1{unseen}") == "CEM1"
    assert identity.unseen(unseen)
    assert not any(map(identity.unseen, " \t\u3000王·'"))


def test_radicals_are_the_ideographs_that_compatibility_knows_and_more() -> None:
    """Kangxi radicals as NFKC folds them, but for those where Unicode names another; CJK radicals, which it leaves."""
    kangxi = list(map(chr, range(0x2F00, 0x2FD6)))
    assert set(kangxi) <= tables.RADICALS.keys()
    other = [r for r in kangxi if unicodedata.normalize("NFKC", r) != tables.RADICALS[r]]
    assert len(other) <= 2
    assert identity.name_key("⻢⻓⽂") == "马长文"
    assert identity.to_ideographs("王⻢") == "王马"


@given(NAMES, NAMES, st.sampled_from(list(tables.ID_TYPES)))
def test_lookup_keys_tell_people_apart(one: str, other: str, id_type: str) -> None:
    """Equal lookup keys mean equal name keys; another ID type or secret gives another key."""
    secret, number = b"s" * 32, "X0001"
    key = identity.lookup_key(secret, one, id_type, number)
    same = identity.lookup_key(secret, other, id_type, number) == key
    assert same == (identity.name_key(one) == identity.name_key(other))
    assert identity.lookup_key(b"t" * 32, one, id_type, number) != key
    assert all(
        identity.lookup_key(secret, one, another, number) != key for another in tables.ID_TYPES if another != id_type
    )


def test_parts_of_a_lookup_key_cannot_run_into_each_other() -> None:
    """Lengths are part of what is hashed: moving a character from name to number gives another key."""
    secret = b"s" * 32
    assert identity.lookup_key(secret, "ab", "other", "C") != identity.lookup_key(secret, "a", "other", "BC")


def test_an_older_paper_without_an_id_number_is_filed_under_its_own_number() -> None:
    """HMAC(secret, LP("yinjian/no-id/1") ‖ LP(number)), written out by hand; no name or ID number leads to it."""
    message = b"\x00\x0fyinjian/no-id/1" + b"\x00\x0eCEM2204000077B"
    assert identity.no_id_key(b"secret", "CEM2204000077B") == hmac.digest(b"secret", message, "sha256")
