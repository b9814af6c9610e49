"""What the centre has decided, its calendar, and the room its commands work in."""
