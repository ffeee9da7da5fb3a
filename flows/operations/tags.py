"""Tags that say something about a deployment and its runs to the machinery."""

OURS = "phasegate"
"""On every deployment of ours; those of others on the same server are none of our business."""
TICKS = "ticks"
"""Runs every few minutes and does the same each time: a tick that is lost needs no second try."""
