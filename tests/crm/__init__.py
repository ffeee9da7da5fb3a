"""The projections of the CRM record: rows, Baserow, graph."""
