"""The transparency log (2-formats): tree, tiles, checkpoints and receipts. Pure: bytes in, what they prove out."""
