"""The key room's words for people, by locale (keys/locale)."""

from pathlib import Path

from verify.shared.command import messages

_ = messages(Path(__file__).parent / "locale")
"""A message in the language of whoever runs the command."""
