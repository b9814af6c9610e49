"""A centre.toml to begin with: the invented centre's, whose comments say what each setting is."""

from pathlib import Path
from typing import Final

from signing.messages import _
from verify.shared.command import Refusal

EXAMPLE: Final = Path(__file__).parent / "example.toml"


def write(path: Path) -> None:
    """Writes it where nothing is yet: what a centre has decided is never written over. Raises Refusal, OSError."""
    try:
        with path.open("xb") as file:
            file.write(EXAMPLE.read_bytes())
    except FileExistsError:
        raise Refusal(_("{} is there already.").format(path)) from None
