"""Connections whose every question is for what stands under a key: their settings, for the service and the signer."""

from typing import Final

BY_KEYS: Final = {
    "jit": "off",
    # A question for one number takes a millisecond to plan and a third of one to answer.
    "plan_cache_mode": "force_generic_plan",
    # What is known of a table may be old, or nothing: plans made while it was small, or just after a large release,
    # read all of it, or join it with another from end to end (ADR 49 and 54).
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Who adds a question that is not for what stands under a key has to set these for it."""
