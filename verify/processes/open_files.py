"""The machine's limit of open files, raised as far as a process may."""

from typing import Final

_OTHERS: Final = 200
"""Files that a process holds beside connections: the database's, the workers', its own."""


def room_for(connections: int) -> int:
    """How many connections this process may have: as many, or as the limit leaves."""
    try:
        import resource
    except ImportError:  # not on Windows
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHERS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(soft - _OTHERS, 1)
    return connections
