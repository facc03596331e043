"""Tests of the whole: every library, served for real."""
