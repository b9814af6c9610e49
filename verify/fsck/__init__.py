"""The registry held to its statements, as its owner: every row, signature, rule and hash derived anew."""
