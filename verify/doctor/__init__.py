"""What an operator's installation is looked at for: the machine, and the registry."""
