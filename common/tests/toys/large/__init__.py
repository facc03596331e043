"""A library whose inputs and answers are large."""
