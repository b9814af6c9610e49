"""TOML files that people write: read into closed structs, and refused by file, line and what is expected."""
