"""What an asker sends: who asks, in which language, with which body."""
