"""Where the installed commands begin: one that lacks its packages says which to install, and shows no traceback."""

import importlib
import sys

from verify.shared import command


def _start(module: str) -> None:
    try:
        main = importlib.import_module(module).main
    except ModuleNotFoundError as error:
        sys.exit(command.lacking(error))
    main()


def keys() -> None:
    """``yinjian-keys``."""
    _start("keys.__main__")


def sign() -> None:
    """``yinjian-sign``."""
    _start("signing.__main__")


def verify() -> None:
    """``yinjian-verify``."""
    _start("verify.__main__")


def migrate() -> None:
    """``yinjian-migrate``."""
    _start("migrations.__main__")
