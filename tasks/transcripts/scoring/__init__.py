"""How right a CRM record is: gold answers written by a person, exact rules a field, five verdicts, intervals, no stars."""
