"""What is run, seen and approved."""
