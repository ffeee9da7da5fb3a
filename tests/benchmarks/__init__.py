"""Measurements behind the figures in the documentation; each prints what it measured and how."""
