"""Servers that speak real protocols, as unkind as the real ones."""
