"""What keeps one asker from taking everybody's turn: limits, proofs of work, and what they remember."""
