"""Work without a server, each in a process that is told what to do line by line."""
