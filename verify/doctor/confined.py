"""How readers of strangers' files are confined here, in plain words: what lacks, what that means, what to do."""

from verify.doctor.finding import Finding, sound, warning
from verify.files.confinement.layers import Report
from verify.shared import command
from verify.shared.command import clauses

_ = command.messages(command.LOCALE)


def judged(report: Report) -> Finding:
    """What a reader's report comes to: it is bad where all the layers lack that would forbid the same thing.

    These are the table in docs/operator.md.
    """
    lacking = {layer: why for layer, why in report.items() if why is not None}
    words = {
        "limits": _("bounds on memory, files and processes"),
        "no_new_privileges": _("no new rights by starting a program"),
        "own_namespaces": _("a network of its own, with nobody in it"),
        "other_user": _("a user of its own, whom no file belongs to"),
        "no_capabilities": _("none of an administrator's powers"),
        "hidden": _("memory that other programs cannot read"),
        "landlock": _("files locked by the kernel (Landlock)"),
        "seccomp": _("a short list of what it may ask the kernel for (seccomp)"),
    }
    could = {
        ("landlock", "other_user"): _("read files that the service's user may read"),
        ("own_namespaces", "seccomp"): _("speak to the network"),
        ("landlock", "seccomp", "other_user"): _("signal the service"),
        ("hidden", "landlock", "other_user"): _("read the service's memory and environment"),
    }
    missing = clauses(f"{words[layer]} ({layer}: {_why(why)})" for layer, why in lacking.items())
    then = [told for layers, told in could.items() if all(layer in lacking for layer in layers)]
    if then:
        found = _("Readers of strangers' files lack: {missing}. A file that took one over could: {then}.")
        return warning(
            "file_readers",
            found.format(missing=missing, then=clauses(then)),
            _("docs/operator.md, “The readers of strangers' files”, says what the system must have for each."),
        )
    if lacking:
        found = _("Readers of strangers' files lack: {missing}. What that would forbid is forbidden otherwise too.")
        return sound("file_readers", found.format(missing=missing))
    return sound("file_readers", _("The readers of strangers' files are confined by every layer."))


def _why(why: str) -> str:
    """A layer's own reason, in the reader's language where it is no word of the system's."""
    ours = {
        "the service does not run as root, so that it cannot change its user": _("the service does not run as root"),
        "the program lies where only its owner can read": _("the program lies where only its owner can read"),
    }
    return ours.get(why) or _("the system says “{words}”").format(words=why)
