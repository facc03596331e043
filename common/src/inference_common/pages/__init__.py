"""What a browser gets: a page, its style and its script."""
