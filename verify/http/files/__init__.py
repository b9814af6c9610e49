"""Photos, scans and PDFs of certificates."""
