"""What ``yinjian-keys`` can do: options in, words out."""
