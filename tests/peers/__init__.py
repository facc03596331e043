"""What the test suites of other servers and of the clients ask, as data, and what holds of the answers."""
