"""Our answers beside the library's own: the table of cases, what differs on purpose, and the calls of each library."""
