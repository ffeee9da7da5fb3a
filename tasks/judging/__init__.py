"""Statistics and verdicts of the gates: no Prefect, no I/O, no clock."""
