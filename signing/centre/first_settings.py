"""A centre.toml to begin with: the invented centre's, whose comments say what each setting is."""

from pathlib import Path
from typing import Final

from signing.messages import _
from verify.shared import whole_files
from verify.shared.command import Refusal

EXAMPLE: Final = Path(__file__).parent / "example.toml"


def write(path: Path) -> None:
    """Writes it where nothing is yet: what a centre has decided is never written over. Raises Refusal."""
    if path.exists():
        raise Refusal(_("{} is there already.").format(path))
    whole_files.write(path, EXAMPLE.read_bytes())
