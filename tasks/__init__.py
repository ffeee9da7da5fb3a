"""The work: pure cores with thin Prefect task shells around them."""
