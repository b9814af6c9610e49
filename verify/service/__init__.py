"""One public service before it answers: what it is told at its start, whose site it is, how it logs."""
