"""What releases of the official clients send: their methods, a server that records, and the records."""
