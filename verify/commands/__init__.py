"""The subcommands of yinjian-verify, and where they find their settings."""
