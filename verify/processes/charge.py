"""What the supervisor tells a process at its start: a line of JSON on its standard input."""

import msgspec


class KeeperCharge(msgspec.Struct, frozen=True, kw_only=True):
    """For the keeper."""

    socket: int
    """The descriptor of the listening UNIX socket."""
    rate_limits: bool
    of_address: int
    """Connections of one address, at all workers together."""
    in_all: int
    """Connections in all."""
    metrics: tuple[str, int] | None = None
    """Where the operator reads what all processes count."""


class WorkerCharge(msgspec.Struct, frozen=True, kw_only=True):
    """For a worker."""

    socket: int
    """The descriptor of the public listening socket."""
    limits: int
    """The descriptor of the table of limits."""
    keeper: str
    """The keeper's UNIX socket."""
    secret: str
    """In hex: what all workers hash with where no lookup secret is set."""
    workers: int
    at: int = 0
    """Which of the workers it is, from 0."""
    replaced: int = 0
    """How many processes had to be replaced before."""

    def __repr__(self) -> str:
        return f"WorkerCharge(workers={self.workers}, …)"
