"""One file per verb of `manage.py`."""
