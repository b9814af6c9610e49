"""What the centre does: announce, issue, change, export."""
