"""A registry's answers without its log indexes: what two registries must agree on, or one before and after."""

from collections.abc import Sequence
from typing import Any

from tests import releases
from verify.core.verdict import judge, read_number
from verify.registry.port import ExamHead, Registry, RegistryUnavailable

NUMBERS = tuple(releases.number(serial) for serial in range(1, 10))
KEYS = tuple(releases.lookup_key(serial) for serial in range(1, 10))
EXAMS = (releases.EXAM, "CEM-2022-06", "CEM-2021-12", "CEM-2030-01")
NOW = releases.NOW + 1_000_000


async def answers(registry: Registry, exams: Sequence[str] = EXAMS) -> dict[str, Any]:
    """Every answer that the tests' exams have one to."""
    found: dict[str, Any] = {"chain": [one.statement.data for one in (await registry.chain()).versions]}
    for number in NUMBERS:
        found[number] = await _verdict(registry, number)
    many = await registry.by_numbers(NUMBERS)
    found["many"] = {number: found[number] for number in many if found[number][0] != "not_found"}
    for key in KEYS:
        found[f"key {key.hex()[:8]}"] = await _looked_up(registry, [key])
    found["keys"] = await _looked_up(registry, KEYS)
    found["exams"] = [_plain(head) for head in (await registry.exams()).items]
    found["programme"] = [_plain(head) for head in (await registry.exams("CEM", None, 2)).items]
    for exam in exams:
        head = await registry.pass_list(exam)
        page = await registry.rows(exam)
        changed = await registry.changes_since_notice(head) if head is not None else None
        found[exam] = (
            head and _plain(head),
            page and page.items,
            await registry.find_rows(exam, "候选人1"),
            await registry.list_statement(exam),
            changed,
            [number for _serial, number in await registry.changed_rows(exam) if found[number][0] != "valid"],
        )
    return found


def _plain(head: ExamHead) -> dict[str, Any]:
    return {name: getattr(head, name) for name in head.__struct_fields__ if name != "index"}


async def _verdict(registry: Registry, number: str) -> tuple[Any, ...]:
    chain = await registry.chain()
    record = await registry.by_number(number)
    verdict = judge(read_number(number, chain), record, chain=chain, now=NOW)
    return verdict.outcome, verdict.status_now, verdict.certificate, verdict.checks


async def _looked_up(registry: Registry, keys: Sequence[bytes]) -> tuple[str, ...] | str:
    try:
        return await registry.lookup(keys)
    except RegistryUnavailable:
        return "no answer"
