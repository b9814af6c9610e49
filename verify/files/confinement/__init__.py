"""What a worker process gives up before it sees a stranger's file, as far as the machine lets it."""
