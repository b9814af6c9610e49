"""``python -m tests.at_time SECONDS ARGUMENTS…``: yinjian-sign with a clock that stands still."""

import sys

from signing.centre import room

if __name__ == "__main__":
    seconds = int(sys.argv.pop(1))
    room.now = lambda: seconds  # before the commands take it from there
    from signing.__main__ import main

    main()
