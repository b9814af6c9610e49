"""Outside judges: vectors and programs that are not ours, and what we decide at the edges (tests/interop/README.md)."""
