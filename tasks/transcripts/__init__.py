"""Reading a transcript, windows over it, merging what agents found, normalising it, scoring it against gold."""
