"""An exam's code: the code of its programme, a dash, and its term (2-formats): ``CEM-2022-04``, ``CEM-2022-04-2``."""


def join(programme: str, term: str) -> str:
    """The code of a programme's exam of a term."""
    return f"{programme}-{term}"


def programme_of(code: str) -> str:
    """The programme in an exam's code; it has no dash, and the term has."""
    return code.partition("-")[0]


def term_of(code: str) -> str:
    """The term in an exam's code."""
    return code.partition("-")[2]
