"""The test suite of `./manage.py test`: its checks, their inputs, records of passes, the plan and its execution."""
