"""Invented centres, keys and releases for the benchmarks, of any size."""

from collections.abc import Iterator

from tests import releases
from tests.invented import CERTIFICATE


def final_release(people: int) -> Iterator[bytes]:
    """The statements of a final release for ``people`` people, one by one."""
    rows, filed = [], []
    for serial in range(1, people + 1):
        data = releases.certify(serial, key=CERTIFICATE)
        rows.append(releases.row(serial, data))
        filed.append((releases.number(serial), releases.lookup_key(serial)))
        yield data
    yield releases.pass_list(rows)
    yield releases.index(filed)
