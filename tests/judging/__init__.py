"""Behaviour of the judging core."""
