"""What a person chooses in the Prefect UI, and how to reach it."""
