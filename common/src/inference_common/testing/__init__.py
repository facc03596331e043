"""Real parts for tests: a small Hub on loopback."""
