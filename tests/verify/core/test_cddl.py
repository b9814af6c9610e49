"""The specification's CDDL against the vectors, by a validator that is not ours: what it takes and refuses is told."""

import json
from collections import defaultdict

import cddl_verifier

from tests import PROJECT
from tests.vectors import regenerate

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


OF_THE_CONTENT = {None, "malformed", "unsound_key", "wrong_kid", "expires_before_issue"}
OF_THE_FRAME = {"truncated", "trailing", "newer_format"}


def test_the_cddl_takes_what_is_good_and_refuses_what_it_can_say() -> None:
    """Every good statement of each kind validates; of its malformed, exactly those that CDDL cannot express do."""
    schema = (PROJECT / "docs" / "spec" / "statements.cddl").read_text("utf-8")
    validator = cddl_verifier.Validator(schema)
    cases = json.loads((regenerate.FOLDER / "statements.json").read_text("utf-8"))["cases"]
    refused, taken = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for case in cases:
        if case["expect"]["code"] in OF_THE_CONTENT | OF_THE_FRAME:
            valid = validator.validate(bytes.fromhex(case["statement"]), "statement").valid
            (taken if valid else refused)[case["kind"]].add(case["class"])
    assert set[str]().union(*taken.values()) - {"good"} == BEYOND_CDDL
    assert taken.keys() == refused.keys() == {case["kind"] for case in cases}
    for kind in taken:
        classes = {case["class"] for case in cases if case["kind"] == kind and case["expect"]["code"] in OF_THE_CONTENT}
        assert "good" in taken[kind] - refused[kind]
        assert classes - BEYOND_CDDL - {"good"} <= refused[kind] - taken[kind]
        assert len(refused[kind]) > 20
