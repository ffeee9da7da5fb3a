"""The database: tables, migrations, what is written and read, the ledger."""
