"""The subcommands of yinjian-verify."""
