"""Flows that look after the installation: doctor, backup, retention, janitor."""
