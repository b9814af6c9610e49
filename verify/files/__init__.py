"""What strangers send, read in confined worker processes: pictures, documents, codes, tables."""
