"""The subcommands of yinjian-sign, one module for each part of the centre's work."""
