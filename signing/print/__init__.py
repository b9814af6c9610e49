"""What the signing room puts on paper: QR codes, certificates, labels and announcements."""
