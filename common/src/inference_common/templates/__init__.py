"""Jinja templates of model repositories, which are programs: rendered in processes of their own, within limits."""
