"""The test suite as data: its checks, the inputs that decide each of them, what passed before, and what runs when."""
