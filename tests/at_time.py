"""``python -m tests.at_time SECONDS ARGUMENTS…``: yinjian-sign with a clock that stands still."""

import sys

import signing.commands.options
from signing.__main__ import main

if __name__ == "__main__":
    seconds = int(sys.argv.pop(1))
    signing.commands.options.now = lambda: seconds
    main()
