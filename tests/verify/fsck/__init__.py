"""Tests of the room verify/fsck."""
