"""A library small enough to run anywhere: the tests of `common` serve it through the real app."""
