"""What is run, seen and approved."""

from flows.plain_errors import speak_plainly

speak_plainly()  # here, since whatever runs a flow imports this first
