"""Projections of the truth in the database: Baserow and the graph, and how far behind each of them is."""
