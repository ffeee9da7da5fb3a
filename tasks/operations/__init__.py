"""Keeping phasegate running: what is checked, what is kept and for how long, which runs need a push."""
