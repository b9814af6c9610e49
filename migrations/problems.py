"""What the operator's tools raise when they cannot do their work."""


class DatabaseProblem(Exception):
    """The database could not be brought where it was asked to be; the message says why and what to do.

    It never holds a password or a whole connection URL.
    """
