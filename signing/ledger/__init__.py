"""The centre's own book: numbers given for ever, and everything recorded."""
