"""The routes of the contract, one family a file."""
