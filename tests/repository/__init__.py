"""The rules of the repository, which no library decides."""
