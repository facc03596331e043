"""A process for each model of a library server, forked from one that has imported the library, and what asks it."""
