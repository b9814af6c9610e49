"""What a verifier without the register goes by: the keyring's chain, a snapshot of what was not valid, a receipt.

A snapshot is a status key's word for the register at one log size (2-formats, Verdict). It is taken only from a key of
all programmes that is active in the newest keyring, never from before that keyring, and, where a checkpoint is at hand,
never for a size that the log did not have. What is not taken is not believed in part: the status is then not known.
"""

from typing import Final, Self

import msgspec

from verify.core import signed, standing
from verify.core.certificate import Certificate
from verify.core.chain import Chain
from verify.core.errors import NotAskable, NotBelieved
from verify.core.log import receipt as receipts
from verify.core.log import tree
from verify.core.snapshot import Snapshot
from verify.core.standing import State
from verify.core.statement import Statement

PREFIX: Final = 8
"""Bytes of a certificate's SHA-256 by which a snapshot names it."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What step 8 can say without the register: a state, or None where nothing can be said, and the check's code."""

    state: State | None
    code: str


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the register without asking it. Build it by ``of``, or with nothing but a chain."""

    chain: Chain
    snapshot: Snapshot | None = None
    refused: NotBelieved | None = None
    """Why the snapshot at hand is not taken."""
    receipt: str | bytes | None = None
    """What came with the certificate to show its place in the log: a tlog-proof, or a COSE Receipt."""

    @classmethod
    def of(
        cls, chain: Chain, snapshot: bytes | None, log_size: int | None = None, kept: Snapshot | None = None
    ) -> Self:
        """What these files say. ``log_size`` is a believed checkpoint's, ``kept`` the newest snapshot taken before."""
        if snapshot is None:
            return cls(chain=chain)
        try:
            return cls(chain=chain, snapshot=taken(snapshot, chain, log_size, kept))
        except NotBelieved as error:
            return cls(chain=chain, refused=error)

    @property
    def newest_time(self) -> int:
        """The latest moment that is known to have passed, in seconds since 1970."""
        signed_at = self.chain.newest.issued_at
        return signed_at if self.snapshot is None else max(signed_at, self.snapshot.taken_at)

    def judged_at(self, clock: int) -> int:
        """The time to judge by: the machine's clock, unless it stands before what is known to have passed."""
        return max(clock, self.newest_time)

    def check_askable(self, as_of: int) -> None:
        """That ``as_of`` can be asked: a snapshot says nothing about the time before it. Raises NotAskable."""
        if self.snapshot is not None and as_of < self.snapshot.taken_at:
            raise NotAskable("as_of_before_snapshot", "the snapshot says nothing about the time before it was taken")

    def index_of(self, source: Statement) -> int | None:
        """The log index that the receipt proves of this statement, None without a receipt. Raises LogRefused."""
        entry = tree.entry_of(source)
        if isinstance(self.receipt, str):
            return receipts.check_tlog_proof(self.receipt, entry, self.chain)[0].index
        if self.receipt is not None:
            return receipts.check_cose(self.receipt, entry, self.chain)[0].index
        return None

    def status(self, certificate: Certificate, digest: bytes, time: int, index: int | None = None) -> Known:
        """Step 8 for a certificate of this SHA-256, at ``time``; ``index`` is where a receipt proves it in the log."""
        found = self.snapshot.standings.get(digest[:PREFIX]) if self.snapshot is not None else None
        if found is not None:
            return Known(state=found, code=f"status_{found}")
        dated = standing.dated(certificate, time)
        if dated is not None:
            return Known(state=dated.state, code=f"status_{dated.state}")
        if self.snapshot is None:
            return Known(state=None, code=_not_taken(self.refused))
        if certificate.issued_at > self.snapshot.taken_at or (index is not None and index >= self.snapshot.log_size):
            return Known(state=None, code="issued_after_snapshot")
        return Known(state="valid", code="status_by_snapshot")


def taken(data: bytes, chain: Chain, log_size: int | None = None, kept: Snapshot | None = None) -> Snapshot:
    """The snapshot of these bytes, where it may be believed offline.

    Raises NotBelieved, with the codes of ``signed.genuine`` and check_place, or snapshot_before_keyring (an older
    keyring was in force), snapshot_unproven (a size that the checkpoint's log does not have yet), snapshot_rolled_back
    (older than ``kept``).
    """
    found = signed.genuine(Snapshot, data, chain.newest)
    signed.check_place(signed.current(found.key, chain), chain, None)
    snapshot = found.content
    if snapshot.issued_at < chain.newest.issued_at:
        raise NotBelieved("snapshot_before_keyring", "the snapshot is older than the keyring")
    if log_size is not None and log_size < snapshot.log_size:
        raise NotBelieved("snapshot_unproven", "the snapshot is of a size that the log's checkpoint does not have")
    if kept is not None and (snapshot.log_size < kept.log_size or snapshot.taken_at < kept.taken_at):
        raise NotBelieved("snapshot_rolled_back", "the snapshot is older than one that was taken before")
    return snapshot


_STEP_8: Final = ("snapshot_before_keyring", "snapshot_unproven", "snapshot_rolled_back")


def _not_taken(refused: NotBelieved | None) -> str:
    """The code of step 8 where there is no snapshot to go by."""
    if refused is None:
        return "register_not_asked"
    return refused.code if refused.code in _STEP_8 else "snapshot_refused"
