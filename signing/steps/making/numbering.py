"""Which certificate everybody on a list has: the one that was given before, or a new number, given for ever."""

from signing.centre.calendar import months_after
from signing.ledger.book import Ledger
from signing.ledger.values import Given, Lines
from signing.messages import _
from signing.steps.making.prepare import ExamPlan
from verify.core.certificate import china_midnight, default_number, default_serial
from verify.core.keyring import Programme
from verify.shared.command import Refusal


def numbers(ledger: Ledger, plan: ExamPlan, job: int, kid: bytes, now: int) -> list[Given]:
    """The certificate of everybody on the list, in order: the one they have, or a new one, recorded as given."""
    code, programme = plan.exam.code, plan.programme
    lines = Lines(ledger.of_exam(code))
    person_has = {given.lookup_key: given for given in lines.known.values()}
    serials = _Serials(ledger, programme, plan.exam.term)
    result: list[Given] = []
    fresh, there = [], set[str]()
    for person in plan.people:
        if person.paper_date is not None:
            known = lines.known.get(person.own_number or "")
        else:
            known = person_has.get(person.lookup_key)
        given = None if known is None else lines.newest(known.number)
        if given is not None and given.number in there:
            reason = _("Two rows are of one person, whose facts were corrected: strike the one out that is wrong ({}).")
            raise Refusal(reason.format(given.number))
        if given is None or given.job is None:
            if person.own_number is not None:
                number = person.own_number
                holder = ledger.given(number)
                if holder is not None and holder.job is not None:
                    raise Refusal(_("Certificate number {} was given to somebody else before.").format(number))
            else:
                number = given.number if given is not None else serials.next()
            given = Given(
                number=number,
                exam=code,
                holder=person.name,
                id_hint=person.id_hint,
                lookup_key=person.lookup_key,
                issued_at=now,
                expires_at=_expires(programme, now, person.paper_date),
                kid=kid,
                job=job,
                paper_date=person.paper_date,
            )
            fresh.append(given)
        elif person.own_number is not None and person.own_number not in lines.all(given.number):
            reason = _("The holder of certificate {} would get another number: use `yinjian-sign status … replace`.")
            raise Refusal(reason.format(given.number))
        result.append(given)
        there.add(given.number)
    ledger.give(fresh)
    return result


def _expires(programme: Programme, now: int, paper_date: str | None) -> int | None:
    """When a certificate of ``programme`` expires: counted from now, or from the date on an older paper."""
    if programme.validity_months is None:
        return None
    return months_after(now if paper_date is None else china_midnight(paper_date), programme.validity_months)


class _Serials:
    """Serials of one programme and month, which sittings of the same month share."""

    def __init__(self, ledger: Ledger, programme: Programme, term: str) -> None:
        self._code, self._term = programme.code, term
        prefix = f"{programme.code}{term[2:4]}{term[5:7]}"
        last = ledger.last_number(prefix, len(prefix) + 7) if programme.numbering == "default" else None
        self._serial = default_serial(last, programme.code) if last else 0

    def next(self) -> str:
        """The next number. Raises Refusal when all are given."""
        self._serial += 1
        try:
            return default_number(self._code, self._term, self._serial)
        except ValueError:
            raise Refusal(_("All 999,999 numbers of {} in {} are given.").format(self._code, self._term)) from None


def next_number(ledger: Ledger, programme: Programme, term: str) -> str:
    """The next free number of the default scheme."""
    return _Serials(ledger, programme, term).next()
