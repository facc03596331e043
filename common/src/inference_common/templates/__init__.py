"""Jinja templates of model repositories, programs of strangers: rendered in a process apart, within limits."""
