"""The specification's CDDL against the vectors, by a validator that is not ours: what it takes and refuses is told."""

import json

import cddl_verifier

from tests import PROJECT
from tests.vectors import regenerate
from tests.vectors.broken import PAYLOADS

BEYOND_CDDL = {
    # Lengths and characters of texts, and times, which statements.cddl says in its comments.
    "holder_empty", "holder_51", "holder_control", "holder_format", "hint_empty", "hint_5", "hint_control",
    "number_short", "number_long", "number_lower", "number_dash", "number_beyond_ascii", "paper_no_date",
    "effective_beyond", "expires_beyond", "objections_beyond", "taken_beyond",
    # What one field is to another.
    "paper_later", "expiry_not_after_issue", "exam_form", "exam_of_another_programme", "row_of_the_other_stage",
    "revision_zero", "key_twice", "issuer_twice", "programme_twice", "programme_of_an_unknown_issuer",
    "key_bound_of_an_active",
    # What only arithmetic tells.
    "key_wrong_kid", "key_of_small_order", "key_not_canonical", "key_not_on_the_curve",
}  # fmt: skip
"""Classes of malformed content that docs/spec refuses and CDDL cannot."""


def test_the_cddl_takes_what_is_good_and_refuses_what_it_can_say() -> None:
    """Every good statement of every kind validates; of the malformed, exactly those that CDDL cannot express do."""
    schema = (PROJECT / "docs" / "spec" / "statements.cddl").read_text("utf-8")
    validator = cddl_verifier.Validator(schema)
    cases = json.loads((regenerate.FOLDER / "statements.json").read_text("utf-8"))["cases"]
    shared = {failure for failure, _code, _made in PAYLOADS} - {"good"}
    refused, taken = set[str](), set[str]()
    for case in cases:
        code = case["expect"]["code"]
        if code not in (None, "malformed", "unsound_key", "wrong_kid", "expires_before_issue"):
            continue
        if case["class"] in shared and case["kind"] != "certificate":
            continue
        valid = validator.validate(bytes.fromhex(case["statement"]), "statement").valid
        (taken if valid else refused).add(case["class"])
    assert taken - {"good"} == BEYOND_CDDL
    assert "good" not in refused
    assert len(refused) > 80
