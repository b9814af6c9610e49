"""The example at the top of verify.core runs as it is written."""

import doctest

import verify.core
from tests.invented import ROOT
from tests.vectors import verdicts
from verify.core.keyring import thumbprint


def test_the_cores_example_runs() -> None:
    """With a keyring, a snapshot and a code of the invented centre, and nothing else."""
    given = {
        "keyrings": verdicts.CHAINS["plain"],
        "root": thumbprint(ROOT.public),
        "snapshot": verdicts.snapshot(),
        "digits": str(int.from_bytes(verdicts.made())),
    }
    runner = doctest.DocTestRunner()
    (example,) = doctest.DocTestFinder(recurse=False).find(verify.core, "verify.core", globs=given)
    assert runner.run(example).failed == 0
    assert runner.tries == 5
