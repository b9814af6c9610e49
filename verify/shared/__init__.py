"""What every command of every room uses: the command's frame, settings files, whole-file writes, planned exams."""
