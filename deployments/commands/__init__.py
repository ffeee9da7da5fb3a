"""The commands, one module a subject. Each imports Prefect only when it runs, so that help is there at once."""
