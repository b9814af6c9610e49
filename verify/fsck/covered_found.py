"""Which lookup index covers which final list, as it stands in the registry, against what the rows of both say."""

from typing import Any, Final

from verify.fsck.found import Difference

_COVERED: Final = """
select list, index, further, encode(numbers, 'hex') as numbers from registry.covered where list = $1 order by index
"""
_COVERS: Final = """
select l.index as list, c.index, c.further, encode(c.numbers, 'hex') as numbers
from registry.pass_list l
cross join lateral registry.covers(
    l.index, array(select i.index from registry.lookup_index i where i.exam = l.exam)
) c
where l.index = $1 and l.stage = 'final' order by c.index
"""
_LISTS: Final = "select index from registry.pass_list order by index"


async def check(connection: Any) -> list[Difference]:
    """Every difference; the rows that it is reckoned from are compared with their statements elsewhere."""
    differences = []
    for (index,) in await connection.fetch(_LISTS):
        have = {row["index"]: (row["further"], row["numbers"]) for row in await connection.fetch(_COVERED, index)}
        told = {row["index"]: (row["further"], row["numbers"]) for row in await connection.fetch(_COVERS, index)}
        for one in sorted(have.keys() | told.keys()):
            if have.get(one) != told.get(one):
                what = {"expected": _words(told.get(one)), "found": _words(have.get(one))}
                differences.append(Difference(table="covered", row=f"list={index} index={one}", column=None, **what))
    return differences


def _words(found: tuple[int, str] | None) -> str:
    return "no such row" if found is None else f"further={found[0]} numbers={found[1]}"
