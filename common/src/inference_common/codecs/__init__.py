"""Bytes to values of one medium and back."""
