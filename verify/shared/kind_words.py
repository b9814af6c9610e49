"""What people are told that an entry of the public log is; programs are given the kind's own name."""

from verify.shared.command import LOCALE, messages

_ = messages(LOCALE)


def said(kind: str) -> str:
    """A kind's name in the reader's language; that of a kind which this version does not know stays as it is."""
    words = {
        "certificate": _("certificate"),
        "change": _("change of status"),
        "pass_list": _("pass list"),
        "lookup_index": _("lookup index"),
        "keyring": _("keyring"),
        "snapshot": _("snapshot"),
        "erasure": _("erasure"),
        "document": _("document"),
    }
    return words.get(kind, kind)
