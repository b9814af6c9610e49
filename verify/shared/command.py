"""What every command does alike: language by locale, refusals and exit codes, JSON.

Exit 0 done, 1 refused with the reason, 2 wrong usage; never a traceback, but with ``YINJIAN_DEBUG=1``.
"""

import contextlib
import errno
import functools
import gettext
import importlib
import os
import re
import socket
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

import click
import msgspec

from verify.core.errors import CoreError
from verify.shared.help_format import ChineseHelp

LOCALE: Final = Path(__file__).parents[1] / "locale"
_SENTENCE: Final = re.compile(r"(?<=。)|(?<=\.)\s|:\s|\n\n")


class Refusal(Exception):
    """What a command refuses or cannot do, said to people in their language; it ends the command with 1."""


def language() -> Literal["zh", "en"]:
    """Chinese or English, by LC_ALL, LC_MESSAGES, LANG, the first that is set."""
    get = os.environ.get
    named = get("LC_ALL") or get("LC_MESSAGES") or get("LANG") or ""
    return "zh" if named.lower().startswith("zh") else "en"


@functools.cache
def _catalogue(folder: Path, wanted: str) -> gettext.NullTranslations:
    return gettext.translation("messages", folder, languages=[wanted], fallback=True)


def messages(folder: Path) -> Callable[[str], str]:
    """Translates by the catalogues ``FOLDER/zh/LC_MESSAGES/messages.mo``; without them messages stay English."""

    def translate(message: str) -> str:
        return _catalogue(folder, language()).gettext(message)

    return translate


_ = messages(LOCALE)


def joined(parts: Iterable[object]) -> str:
    """Names one after another, with the mark that the reader's language has between them."""
    return ("、" if language() == "zh" else ", ").join(map(str, parts))


def clauses(parts: Iterable[object]) -> str:
    """What is longer than a name, one after another, likewise."""
    return ("；" if language() == "zh" else "; ").join(map(str, parts))


def run(command: click.Command, refusals: tuple[type[Exception], ...] = ()) -> NoReturn:
    """Runs ``command`` with the process's arguments and exits; ``refusals`` are further exceptions that mean 1.

    Their messages are shown as they are; those of anything unforeseen are not, as they may hold personal data.
    """
    os.umask(os.umask(0o077) | 0o022)  # whatever it was called with, nobody else changes what it writes
    dress(command)
    click.Context.formatter_class = ChineseHelp if language() == "zh" else click.HelpFormatter
    # Click asks the process's own catalogue for its words, and finds it by LANGUAGE.
    os.environ["LANGUAGE"] = language()
    gettext.bindtextdomain("messages", str(LOCALE))
    if os.environ.get("YINJIAN_DEBUG", "") not in ("", "0", "1"):
        sys.exit(_refuse(_("YINJIAN_DEBUG: it is 1, or 0 for the same as not set")))
    if os.environ.get("YINJIAN_DEBUG") != "1":
        sys.unraisablehook = _overlook
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a stream that somebody has replaced
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # as above
    sys.exit(_run(command, refusals))


def dress(command: click.Command) -> None:
    """Usage lines in the reader's language, and in lists of commands each one's first sentence whole.

    Click cuts them at a space, and Chinese has none.
    """
    command.options_metavar = _("[OPTIONS]")
    if command.short_help is None and command.help:
        command.short_help = _SENTENCE.split(command.help, 1)[0].removesuffix(".").removesuffix("。")
    if isinstance(command, click.Group):
        command.subcommand_metavar = _("COMMAND [ARGS]...")
        for below in command.commands.values():
            dress(below)


def examples(*lines: str) -> str:
    """What a command's help ends with: lines that anybody may type, each as it stands."""
    return "\n".join(["\b", _("Examples:"), *(f"  {line}" for line in lines)])


class InOrder(click.Group):
    """A group that lists its commands in the order of the work, as they were added, and not by letter."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted(super().list_commands(ctx), key=list(self.commands).index)


class Deferred(click.Group):
    """A group, listed in its order, that loads a command when it is asked for: none waits for what another needs.

    ``modules``: where each of these commands is, under its own name.
    """

    def __init__(self, *arguments: Any, modules: Mapping[str, str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        order = list(dict.fromkeys([*self.commands, *self._modules]))
        return sorted({*super().list_commands(ctx), *self._modules}, key=order.index)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, loaded."""
        if cmd_name in self._modules and cmd_name not in self.commands:
            found = getattr(importlib.import_module(self._modules[cmd_name]), cmd_name)
            dress(found)
            self.add_command(found)
        return super().get_command(ctx, cmd_name)


def _overlook(_fault: object) -> None:
    """A library's half-written file that fails again when it is thrown away: its first fault was told already."""


def _run(command: click.Command, refusals: tuple[type[Exception], ...]) -> int:
    try:
        done = command.main(standalone_mode=False)
        sys.stdout.flush()
        return done if isinstance(done, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("Stopped."), err=True)
        return 1
    except BrokenPipeError:
        # Whoever read the output has gone; say nothing, and let the interpreter's own flush at exit write nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Refusal as error:
        return _refuse(str(error))
    except refusals as error:
        return _refuse(str(error))
    except CoreError as error:
        return _refuse(reason(error))
    except ModuleNotFoundError as error:
        return lacking(error)
    except OSError as error:
        if error.filename is None and error.strerror is None:
            return _unforeseen(error)
        return _refuse(": ".join(str(part) for part in (error.filename, why(error)) if part))
    except Exception as error:  # noqa: BLE001 - the last stop before a traceback
        return _unforeseen(error)


def why(error: OSError) -> str:
    """What the system says of a file or disk, in the reader's language where it is one of the usual things."""
    if isinstance(error, TimeoutError):
        return _("it took too long")
    if isinstance(error, socket.gaierror):
        return _("no such address is known here, or there is no network")
    usual = {
        errno.ECONNREFUSED: _("nothing listens there"),
        errno.ENOENT: _("there is no such file or folder"),
        errno.EACCES: _("there is no right to it"),
        errno.EPERM: _("there is no right to it"),
        errno.EROFS: _("the disk can only be read"),
        errno.EADDRINUSE: _("another program has this address"),
        errno.EADDRNOTAVAIL: _("it is none of this machine's addresses"),
        errno.EISDIR: _("it is a folder"),
        errno.EEXIST: _("something else of this name is there"),
        errno.ELOOP: _("it is a link that leads nowhere but to itself"),
        errno.ENAMETOOLONG: _("its name is too long"),
        errno.ENOTDIR: _("a part of its path is no folder"),
        errno.ENOSPC: _("the disk is full; make room and give the same command again"),
        errno.EDQUOT: _("the disk is full; make room and give the same command again"),
        errno.EFBIG: _("it would be larger than files may be here"),
    }
    return usual.get(error.errno or 0) or error.strerror or _("it cannot be read or written")


def reason(error: CoreError) -> str:
    """What the core refused, with its code, in the reader's language also where only the code has words in it."""
    return f"{said(error.detail)} ({error.code})"


def said(detail: str) -> str:
    """A detail of the core's in the reader's language."""
    words = _(detail)
    if words == detail and language() != "en":
        return _("it is not in the form that it must have: damaged, incomplete, or something else")
    return words


def lacking(error: ModuleNotFoundError) -> int:
    """Says which part of Yinjian to install where a package of another project's is missing; the exit code."""
    name = (error.name or "").partition(".")[0]
    if name in ("", "verify", "signing", "keys", "migrations"):
        return _unforeseen(error)
    text = _(
        "the package {name} is not installed. The service takes yinjian[serve], the signing room, the keys and the "
        "database yinjian[sign]: for example, pip install 'yinjian[sign]'."
    )
    return _refuse(text.format(name=name))


def _refuse(message: str) -> int:
    click.echo(_("Refused: {reason}").format(reason=message), err=True)
    return 1


def _unforeseen(error: Exception) -> int:
    if os.environ.get("YINJIAN_DEBUG") == "1":
        traceback.print_exception(error)
        return 1
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    text = _("A fault in this program ({error} at {place}). YINJIAN_DEBUG=1 shows more.")
    return _refuse(text.format(error=type(error).__name__, place=place))


def print_json(value: object) -> None:
    """``value``, structs too, as indented JSON on standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
