"""The core held to an independent model of the contract."""
