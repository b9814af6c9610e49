"""A statement broken in every way that reading strictly must notice, whatever its kind, and signed by the right key.

Each way has a class: what is wrong; the code that a reader gives for it is one for several classes (docs/spec).
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from tests.invented import TestKey
from tests.mutants import Pairs, Raw, encode, tree
from verify.core import cbor, statement
from verify.core.statement import Draft, Statement

ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""L, the order of Ed25519's base point (RFC 8032 section 5.1)."""
PAYLOADS: Final[tuple[tuple[str, str, Callable[[Statement], Any]], ...]] = (
    ("longer_head", "not_canonical", lambda one: _claims(one, iat=Raw(b"\x1b" + one.claims[6].to_bytes(8)))),
    ("indefinite_length", "not_canonical", lambda one: _with(one, Raw(b"\x9f\xff"))),
    ("indefinite_string", "not_canonical", lambda one: _with(one, Raw(b"\x7f\x61a\xff"))),
    ("reserved_head", "not_canonical", lambda one: _with(one, Raw(b"\x1c"))),
    ("duplicate_key", "not_canonical", lambda one: _content(one, Pairs([[16, 0], [16, 0]]))),
    ("key_order", "not_canonical", lambda one: _content(one, Pairs([[17, 0], [16, 0]]))),
    ("text_key", "not_canonical", lambda one: _content(one, Pairs([["x", 0]]))),
    ("text_key_below", "not_canonical", lambda one: _with(one, Pairs([["x", 0]]))),
    ("bytes_key_below", "not_canonical", lambda one: _with(one, Pairs([[b"x", 0]]))),
    ("boolean_key", "not_canonical", lambda one: _content(one, Pairs([[True, 0]]))),
    ("array_key", "not_canonical", lambda one: _content(one, Pairs([[[], 0]]))),
    ("tag", "not_canonical", lambda one: _claims(one, iat=Raw(b"\xc1" + cbor.encode(one.claims[6])))),
    ("bignum", "not_canonical", lambda one: _with(one, Raw(b"\xc2\x41\x01"))),
    ("shared_reference", "not_canonical", lambda one: _with(one, Raw(b"\xd8\x1c\x81\xd8\x1d\x00"))),
    ("float", "not_canonical", lambda one: _claims(one, iat=Raw(b"\xfa\x4e\xc4\xb1\x08"))),
    ("half_float", "not_canonical", lambda one: _with(one, Raw(b"\xf9\x3c\x00"))),
    ("undefined", "not_canonical", lambda one: _with(one, Raw(b"\xf7"))),
    ("simple_value", "not_canonical", lambda one: _with(one, Raw(b"\xf0"))),
    ("simple_value_of_two_bytes", "not_canonical", lambda one: _with(one, Raw(b"\xf8\xff"))),
    ("boolean_of_two_bytes", "not_canonical", lambda one: _with(one, Raw(b"\xf8\x15"))),
    ("break", "not_canonical", lambda one: _with(one, Raw(b"\xff"))),
    ("invalid_utf8", "not_canonical", lambda one: _with(one, Raw(b"\x62\xc3\x28"))),
    ("surrogate", "not_canonical", lambda one: _with(one, Raw(b"\x63\xed\xa0\x80"))),
    ("overlong_utf8", "not_canonical", lambda one: _with(one, Raw(b"\x62\xc0\x80"))),
    ("too_deep", "too_deep", lambda one: _with(one, _nested(15))),
    ("payload_cut", "truncated", lambda one: Raw(encode(tree(one.claims))[:-1])),
    ("long_string", "truncated", lambda one: _with(one, Raw(b"\x5b" + b"\xff" * 8))),
    ("long_array", "truncated", lambda one: _with(one, Raw(b"\x9b" + b"\xff" * 8))),
    ("payload_empty", "truncated", lambda _one: Raw(b"")),
    ("payload_trailing", "trailing", lambda one: Raw(encode(tree(one.claims)) + b"\x00")),
    ("claims_no_map", "not_a_statement", lambda one: [one.claims[6]]),
    ("content_no_map", "not_a_statement", lambda one: Pairs([[6, one.claims[6]], [one.kind.claim, [1]]])),
    ("no_content", "not_a_statement", lambda one: Pairs([[6, one.claims[6]]])),
    ("two_contents", "not_a_statement", lambda one: _more(one, [-65537 if one.kind != 1 else -65538, Pairs([])])),
    ("unknown_claim", "not_a_statement", lambda one: _more(one, [5, 0])),
    ("negative_claim", "not_a_statement", lambda one: _more(one, [-1, 0])),
    ("time_text", "not_a_statement", lambda one: _claims(one, iat="2022-04-23")),
    ("time_boolean", "not_a_statement", lambda one: _claims(one, iat=True)),
    ("time_beyond", "not_a_statement", lambda one: _claims(one, iat=statement.MAX_TIME + 1)),
    ("unknown_kind", "newer_format", lambda one: Pairs([[6, one.claims[6]], [-65599, Pairs([])]])),
    ("time_missing", "malformed", lambda one: Pairs([pair for pair in tree(one.claims).items if pair[0] != 6])),
    ("time_negative", "malformed", lambda one: _claims(one, iat=-1)),
    ("unknown_field", "malformed", lambda one: _content(one, Pairs([[15, 0]]))),
    ("unknown_field_zero", "malformed", lambda one: _content(one, Pairs([[0, 0]]))),
    ("unknown_field_beyond", "malformed", lambda one: _content(one, Pairs([[24, 0]]))),
    ("unknown_field_negative", "malformed", lambda one: _content(one, Pairs([[-1, 0]]))),
    ("good", "", lambda one: _with(one, [None, True, False, -1, 2**64 - 1, -(2**64), b"", "𠮷", Pairs([[-1, 0]])])),
    ("good", "", lambda one: _content(one, Pairs([[23, 0]]))),
    ("good", "", lambda one: _with(one, _nested(14))),
)  # fmt: skip
"""Class, code (empty where it is to be believed) and what is signed in place of the claims."""


class Broken(NamedTuple):
    """A statement with what is wrong with it, the empty code where nothing is."""

    failure: str
    code: str
    data: bytes


def _nested(levels: int) -> Any:
    made: Any = 0
    for _ in range(levels):
        made = [made]
    return made


def _claims(one: Statement, iat: Any) -> Pairs:
    return Pairs([[key, iat if key == 6 else value] for key, value in tree(one.claims).items])


def _more(one: Statement, *pairs: Any) -> Pairs:
    items = [*tree(one.claims).items, *map(list, pairs)]
    return Pairs(sorted(items, key=lambda pair: cbor.encode(pair[0])))


def _content(one: Statement, more: Pairs) -> Pairs:
    """The claims with more fields in the content, in bytewise order but for those of ``more`` among themselves."""
    fields = tree(one.content).items
    before = [pair for pair in fields if encode(pair[0]) < encode(more.items[0][0])]
    after = [pair for pair in fields if encode(pair[0]) >= encode(more.items[0][0])]
    content = Pairs([*before, *more.items, *after])
    return Pairs([[key, content if key == one.kind.claim else value] for key, value in tree(one.claims).items])


def _with(one: Statement, value: Any) -> Pairs:
    """The claims with ``value`` in a field for later, 16."""
    return _content(one, Pairs([[16, value]]))


def signed(key: TestKey, payload: bytes, protected: bytes | None = None) -> bytes:
    """Any payload at all under ``key``, and any protected header."""
    header = cbor.encode({1: -19, 4: key.kid}) if protected is None else protected
    return key.sign(Draft(protected=header, payload=payload))


def sealed(protected: Any, unprotected: Any, payload: Any, signature: Any) -> bytes:
    """The four elements, whatever they are."""
    return encode([protected, unprotected, payload, signature])


def broken(data: bytes, key: TestKey, stranger: TestKey) -> Iterator[Broken]:
    """``data``, a good statement that ``key`` signed, broken in every way; ``stranger`` has no place in the keyring."""
    one = statement.decode(data)
    protected, _unprotected, payload, signature = cbor.decode(data)
    for failure, code, made in PAYLOADS:
        yield Broken(failure, code, signed(key, encode(made(one))))
    for name, header in _headers(key).items():
        code = "newer_format" if name.startswith("algorithm") else "not_a_statement" if header else "truncated"
        yield Broken(name, code, signed(key, payload, header))
    longer = encode([protected, Pairs([]), payload, Raw(b"\x59\x00\x40" + signature)])
    yield from (
        Broken("cut", "truncated", data[:-1]),
        Broken("empty", "truncated", b""),
        Broken("trailing", "trailing", data + b"\x00"),
        Broken("twice", "trailing", data + data),
        Broken("tagged", "not_canonical", b"\xd2" + data),
        Broken("outer_longer_head", "not_canonical", longer),
        Broken("array_of_three", "not_a_statement", encode([protected, Pairs([]), payload])),
        Broken("array_of_five", "not_a_statement", encode([protected, Pairs([]), payload, signature, None])),
        Broken("unprotected_header", "not_a_statement", sealed(protected, Pairs([[4, key.kid]]), payload, signature)),
        Broken("detached", "not_a_statement", sealed(protected, Pairs([]), None, signature)),
        Broken("short_signature", "not_a_statement", sealed(protected, Pairs([]), payload, signature[:-1])),
        Broken("header_no_bytes", "not_a_statement", sealed(Pairs([]), Pairs([]), payload, signature)),
        Broken("unknown_key", "unknown_key", signed(stranger, payload)),
        Broken("another_signer", "signature_bad", sealed(protected, Pairs([]), payload, _by(stranger, data))),
        Broken("signature_altered", "signature_bad", data[:-1] + bytes([data[-1] ^ 0x80])),
        Broken("signature_zero", "signature_bad", data[:-64] + bytes(64)),
        Broken("signature_not_reduced", "signature_bad", data[:-32] + _plus_order(data[-32:])),
        Broken("payload_altered", "signature_bad", _later(one, payload, protected, signature)),
        Broken("external_data", "signature_bad", sealed(protected, Pairs([]), payload, _with_aad(key, one, payload))),
    )


def _headers(key: TestKey) -> dict[str, bytes]:
    return {
        "algorithm_eddsa": cbor.encode({1: -8, 4: key.kid}),
        "algorithm_other": cbor.encode({1: -7, 4: key.kid}),
        "header_empty": b"",
        "header_no_algorithm": cbor.encode({4: key.kid}),
        "header_no_kid": cbor.encode({1: -19}),
        "header_more": cbor.encode({1: -19, 2: [], 4: key.kid}),
        "header_short_kid": cbor.encode({1: -19, 4: key.kid[:3]}),
        "header_long_kid": cbor.encode({1: -19, 4: key.kid + b"\x00"}),
        "header_text_kid": cbor.encode({1: -19, 4: "kid!"}),
    }


def _by(stranger: TestKey, data: bytes) -> bytes:
    return stranger.private.sign(statement.decode(data).signed)


def _plus_order(scalar: bytes) -> bytes:
    """The same scalar, written as S + L: the group equation holds, and RFC 8032 refuses it."""
    return (int.from_bytes(scalar, "little") + ORDER).to_bytes(32, "little")


def _later(one: Statement, payload: bytes, protected: bytes, signature: bytes) -> bytes:
    """Made a second later than was signed."""
    iat = one.claims[6]
    altered = payload.replace(cbor.encode(iat), cbor.encode(iat + 1), 1)
    return sealed(protected, Pairs([]), altered, signature)


def _with_aad(key: TestKey, one: Statement, payload: bytes) -> bytes:
    protected = cbor.encode({1: -19, 4: one.kid})
    return key.private.sign(cbor.encode(["Signature1", protected, b"yinjian", payload]))
