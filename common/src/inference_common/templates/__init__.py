"""Jinja templates of model repositories, which are programs of strangers: rendered in a process apart, within limits."""
