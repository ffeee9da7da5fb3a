"""Behaviour of the project, shown on real parts."""
