"""What is published, read and judged: pure, and the surface that other programs may build on.

    >>> from verify.core import chain, offline, verdict
    >>> ring = chain.Chain.follow([(data, None) for data in keyrings], root)  # raises KeyringRefused
    >>> known = offline.Knowledge.of(ring, snapshot)  # a snapshot's bytes, or None
    >>> judged = verdict.offline_verdict("https://VERIFY.EXAMPLE.ORG/Q/" + digits, known, now=1_700_000_000)
    >>> judged.outcome, judged.certificate.holder, [check.code for check in judged.checks][6:]
    ('valid', '样本', ['register_not_asked', 'status_by_snapshot', 'no_receipt'])

``keyrings`` are every keyring version's bytes, oldest first (``cbor.split`` parts what a service gives); ``root`` the
pinned thumbprint, 32 bytes; times are seconds since 1970. Nothing here opens a file, asks a clock or a network, or
keeps anything; every refusal is an ``errors.CoreError`` with a stable ``code``.

Stable, so that a change of it is a new major version: the names in the example; ``qr_text.read`` and ``is_ours``,
``signed.genuine``, ``log.checkpoint.believed``, ``log.receipt.check_tlog_proof`` and ``check_cose``; every code; and
the ``Verdict`` with its JSON (``msgspec.json.encode``). docs/spec says what they mean. Other names may go any time.
"""
