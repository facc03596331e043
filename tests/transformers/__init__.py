"""Tests of the transformers library's own answers."""
