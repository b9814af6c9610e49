"""Receipts: a log has an entry. As one file (C2SP tlog-proof), and as COSE Receipt (RFC 9942, RFC9162_SHA256)."""

import binascii
import functools
from typing import Final

import msgspec

from verify.core import cbor, ed25519
from verify.core.chain import Chain
from verify.core.errors import LogRefused, Unreadable
from verify.core.keyring import Key
from verify.core.log import checkpoint as checkpoints
from verify.core.log import tree
from verify.core.log.checkpoint import Signed
from verify.core.statement import ED25519

_HEADER: Final = "c2sp.org/tlog-proof@v1\n"
_TAG_SIGN1: Final = b"\xd2"
"""COSE_Sign1's tag, 18, which RFC 9942 wants before a Receipt."""
_VDS: Final = 395
_VDP: Final = 396
_INCLUSION: Final = -1
_RFC9162_SHA256: Final = 1
MOST_BYTES: Final = 1 << 20


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Where an entry stands in a tree, and the hashes from it to the root."""

    index: int
    size: int
    path: tuple[bytes, ...]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict's ``receipt``: the place of its statement in the log, as text and as base64 of the COSE Receipt."""

    index: int
    size: int
    tlog_proof: str
    cose: str


def tlog_proof(proof: Proof, note: str) -> str:
    """The proof as C2SP tlog-proof, with the checkpoint's note."""
    lines = b"".join(map(binascii.b2a_base64, proof.path)).decode()  # each with its line's end
    return f"{_HEADER}index {proof.index}\n{lines}\n{note}"


def check_tlog_proof(text: str, entry: bytes, chain: Chain) -> tuple[Proof, Signed]:
    """That a tlog-proof proves this entry (33 bytes) in a believed checkpoint of this centre's log.

    Raises LogRefused.
    """
    head, gap, note = text.partition("\n\n")
    lines = f"{head}\n".removeprefix(_HEADER).split("\n")[:-1]
    if len(text) > MOST_BYTES or not text.startswith(_HEADER) or not gap:
        raise LogRefused("not_a_proof", "not a tlog-proof")
    if lines and lines[0].startswith("extra "):
        lines = lines[1:]
    word, space, place = (lines or [""])[0].partition(" ")
    if word != "index" or not space or not (place.isascii() and place.isdecimal()) or str(int(place[:19])) != place:
        raise LogRefused("not_a_proof", "a tlog-proof without an index")
    if len(lines) > tree.MOST_HASHES + 1:
        raise LogRefused("proof_length", "a proof with a hash too many")
    path = tuple(checkpoints.base64_of(line, 32) for line in lines[1:])
    signed = checkpoints.believed(note, chain)
    proof = Proof(index=int(place), size=signed.size, path=path)
    if tree.root_of_inclusion(proof.index, proof.size, tree.leaf(entry), path) != signed.root:
        raise LogRefused("other_entry", "a proof of another entry or of another tree")
    return proof, signed


def signed_root(kid: bytes, root: bytes) -> bytes:
    """What the log key signs of a root for COSE Receipts: the Sig_structure (RFC 9052 section 4.4)."""
    return cbor.encode(["Signature1", _protected(kid), b"", root])


def check_root(signature: bytes, signed: Signed) -> None:
    """That the key of a checkpoint signed its root for COSE Receipts too. Raises LogRefused."""
    if not ed25519.verifies(signed.key.public, signature, signed_root(signed.key.kid, signed.root)):
        raise LogRefused("signature_bad", "a checkpoint whose root was not signed for COSE Receipts")


def cose(proof: Proof, kid: bytes, signature: bytes) -> bytes:
    """The COSE Receipt of inclusion; the root is detached, to be found from the proof."""
    before, after = _around(kid, signature)
    inclusion = cbor.encode([proof.size, proof.index, proof.path])
    return before + cbor.encode(inclusion) + after


@functools.lru_cache(maxsize=16)
def _around(kid: bytes, signature: bytes) -> tuple[bytes, bytes]:
    """What stands before and behind the proof: the same in all receipts of one checkpoint."""
    after = cbor.encode(None) + cbor.encode(signature)
    unprotected = {_VDP: {_INCLUSION: [b""]}}
    whole = _TAG_SIGN1 + cbor.encode([_protected(kid), unprotected, None, signature])
    return whole.removesuffix(cbor.encode(b"") + after), after


def check_cose(data: bytes, entry: bytes, chain: Chain) -> tuple[Proof, bytes, Key]:
    """That a COSE Receipt proves this entry (33 bytes) in a tree whose root a log key of this centre signed.

    Gives the proof, the root and the key. Raises LogRefused.
    """
    kid, proof, signature = _opened(data)
    root = tree.root_of_inclusion(proof.index, proof.size, tree.leaf(entry), proof.path)
    doubt = LogRefused("stranger", "a receipt that no log key of this centre signed")
    for key in chain.newest.with_kid(kid):
        try:
            checkpoints.check_place(key, chain, proof.size)
        except LogRefused as error:
            doubt = error
            continue
        if ed25519.verifies(key.public, signature, signed_root(kid, root)):
            return proof, root, key
        doubt = LogRefused("other_entry", "a receipt of another entry, of another tree, or of a stranger")
    raise doubt


def _protected(kid: bytes) -> bytes:
    return cbor.encode({1: ED25519, 4: kid, _VDS: _RFC9162_SHA256})


def _opened(data: bytes) -> tuple[bytes, Proof, bytes]:
    if len(data) > MOST_BYTES or data[:1] != _TAG_SIGN1:
        raise LogRefused("not_a_receipt", "not a COSE Receipt")
    try:
        match cbor.decode(data[1:]):
            case [bytes() as protected, dict() as unprotected, None, bytes() as signature] if len(signature) == 64:
                kid = cbor.decode(protected).get(4)
            case _:
                raise Unreadable("not_a_statement", "not a COSE_Sign1")
        match unprotected:
            case {396: {-1: [bytes() as inclusion]}} if isinstance(kid, bytes) and protected == _protected(kid):
                size, index, path = cbor.decode(inclusion)
            case _:
                raise Unreadable("not_a_statement", "not a receipt of inclusion")
        if type(size) is not int or type(index) is not int or not all(isinstance(one, bytes) for one in path):
            raise Unreadable("not_a_statement", "not an inclusion proof")
        return kid, Proof(index=index, size=size, path=tuple(path)), signature
    except (Unreadable, AttributeError, TypeError, ValueError):
        raise LogRefused("not_a_receipt", "not a COSE Receipt of inclusion by RFC9162_SHA256") from None
