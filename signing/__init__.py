"""The signing room: it runs on the centre's own machine."""
