"""The table of everything that can go wrong, as the asker is told it: status, title and detail by stable code."""

from typing import Final

import msgspec

from verify.files import refusals
from verify.http.asked.language import N_


class Kind(msgspec.Struct, frozen=True):
    """One row of the table."""

    status: int
    title: str
    detail: str


KINDS: Final[dict[str, Kind]] = {
    "bad_json": Kind(400, N_("Not JSON"), N_("The body is not JSON in UTF-8 with each name once.")),
    "bad_request": Kind(400, N_("Bad request"), N_("The request does not have the form that this address wants.")),
    "bad_form": Kind(
        400, N_("Bad form"), N_("A field of the form came more than once or in a form that no page sends.")
    ),
    "number_missing": Kind(400, N_("No number"), N_("Please type the certificate number.")),
    "name_missing": Kind(400, N_("No name"), N_("Please type the name.")),
    "name_too_long": Kind(400, N_("Not a name"), N_("No name has more than 200 characters. Please check it.")),
    "id_missing": Kind(400, N_("No ID number"), N_("Please type the ID number.")),
    "id_too_long": Kind(400, N_("Not an ID number"), N_("No ID number has more than 64 characters. Please check it.")),
    "id_length": Kind(
        400,
        N_("ID number incomplete"),
        N_("A resident ID number has 18 characters: 17 digits and a digit or X. Please check it."),
    ),
    "id_checksum": Kind(
        400,
        N_("Slip in the ID number"),
        N_("The ID number's last character does not fit the others: one of them is wrong. Please check it."),
    ),
    "id_date": Kind(
        400,
        N_("Slip in the ID number"),
        N_("The date of birth in the ID number does not exist, lies in the future or is before 1900. Please check it."),
    ),
    "number_check": Kind(
        400, N_("Slip in the number"), N_("The number's check character does not fit: one of its characters is wrong.")
    ),
    "bad_time": Kind(
        400, N_("Not a time"), N_("The time is not a date and time with its zone, such as 2022-05-01T00:00:00Z.")
    ),
    "bad_day": Kind(
        400,
        N_("Not a day"),
        N_("Please give a day, such as 2022-05-01, or a time with its zone, such as 2022-05-01T00:00:00Z."),
    ),
    "personal_number": Kind(
        400,
        N_("Not a certificate number"),
        N_(
            "What was typed looks like somebody's ID number, passport or telephone, and the register holds no "
            "certificate of such a number. It was not kept and is not shown again. With name and ID number, please use "
            "the lookup."
        ),
    ),
    "future_time": Kind(
        400,
        N_("Time in the future"),
        N_("Nobody can say yet what will be true then. Please ask for a time that has passed."),
    ),
    "bad_cursor": Kind(
        404,
        N_("Page no longer there"),
        N_("The list has changed since, or the link is damaged. Please begin again at its first page."),
    ),
    "proof_wanted": Kind(
        403,
        N_("Proof of work wanted"),
        N_(
            "Many different names were tried here, so that this name is compared only for a proof of work. A page "
            "makes it by script; without one, the certificate's QR code tells the same."
        ),
    ),
    "proof_missing": Kind(
        403,
        N_("Proof of work missing"),
        N_(
            "A lookup by name and ID number wants a small proof of work, which a page makes by script. "
            "Without script, a certificate can be checked by its number and name."
        ),
    ),
    "proof_invalid": Kind(
        403,
        N_("Proof of work invalid"),
        N_("The proof of work was not made for a challenge of this service, or is wrong."),
    ),
    "proof_expired": Kind(
        403, N_("Proof of work too old"), N_("The proof of work was for a challenge that is too old. Please try again.")
    ),
    "proof_used": Kind(
        403, N_("Proof of work already used"), N_("Each proof of work is good for one request. Please try again.")
    ),
    "proof_too_easy": Kind(
        403,
        N_("More work wanted"),
        N_(
            "Many lookups have found nothing here, so that a harder proof of work is wanted. "
            "Please try again; for programs: solve the challenge that comes with this."
        ),
    ),
    "not_found": Kind(
        404,
        N_("No such certificate"),
        N_("The register holds no certificate of this number: it may be a slip, or not published yet."),
    ),
    "no_such_exam": Kind(404, N_("No such list"), N_("There is no pass list of this exam.")),
    "no_snapshot": Kind(404, N_("No snapshot"), N_("The centre has published no snapshot yet.")),
    "no_such_address": Kind(404, N_("No such page"), N_("There is nothing at this address.")),
    "method_not_allowed": Kind(
        405, N_("Not to be used this way"), N_("This address does not take requests of this method.")
    ),
    "list_expired": Kind(
        410,
        N_("List no longer public"),
        N_("This list was public for its term, which is over. Its certificates can still be checked."),
    ),
    "too_large": Kind(
        413, N_("Too large"), N_("What was sent is larger than this address takes; a file may have up to 10 MB.")
    ),
    "file_missing": Kind(400, N_("No file"), N_("Please choose a file.")),
    "rows_missing": Kind(400, N_("No rows"), N_("Please paste some rows, or choose a file.")),
    "rate_limited": Kind(
        429,
        N_("Too many requests"),
        N_("Your network has asked very often in a short time. Please wait a little and try again."),
    ),
    "reading_spent": Kind(
        429,
        N_("Too many files"),
        N_(
            "Reading your network's files has taken very long, or many of them are still waiting. "
            "Please wait a little and try again."
        ),
    ),
    "too_slow": Kind(
        408,
        N_("Too slow"),
        N_("The request did not arrive in time. Please try again, perhaps with a better connection."),
    ),
    "headers_too_large": Kind(
        431, N_("Address or headers too large"), N_("No request of a page or program is as large.")
    ),
    "crowded": Kind(
        503, N_("Too much at once"), N_("More is being sent at this moment than this service takes. Please try again.")
    ),
    "internal": Kind(
        500, N_("Error on our side"), N_("Something went wrong here. This says nothing about any certificate.")
    ),
    "registry_unavailable": Kind(
        503,
        N_("Cannot check now"),
        N_(
            "The register cannot be asked at the moment. This says nothing about "
            "any certificate. Please try again in a few minutes."
        ),
    ),
    "register_damaged": Kind(
        503,
        N_("Cannot check now"),
        N_(
            "The register contradicts its own signatures, so nothing is answered "
            "from it. This says nothing about any certificate."
        ),
    ),
    "lookups_closed": Kind(
        503,
        N_("No lookups here"),
        N_(
            "This service does not look up certificates by name and ID number. A "
            "certificate can be checked by its number and name."
        ),
    ),
}
"""By code, which is stable: programs may rely on it."""

_FILES: Final = {
    400: ("empty_file",),
    413: ("file_too_large",),
    415: ("unsupported_type", "heic_picture", "not_a_table"),
    503: ("reader_lost", "busy"),
}
_FILE_STATUS: Final = {code: status for status, codes in _FILES.items() for code in codes}
KINDS.update(
    (code, Kind(_FILE_STATUS.get(code, 422), N_("The file was not read"), detail))
    for code, detail in refusals.DETAILS.items()
)
