"""What goes out: pages, problems, their words, and the files of the pages."""
