"""What a person meets first: the first commands, and the README's example."""
