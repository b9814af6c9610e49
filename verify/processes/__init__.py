"""The processes of one public service: who starts the others, who answers, and who counts for all of them."""
