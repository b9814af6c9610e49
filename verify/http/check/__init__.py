"""One certificate, by QR code or number, for people and programs."""
