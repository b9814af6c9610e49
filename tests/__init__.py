"""Tests mirror the rooms; beside them, what is invented for them and the rules' vectors."""

from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[1]
"""The project's folder."""
