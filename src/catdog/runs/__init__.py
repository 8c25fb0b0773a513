"""Recorded runs: what a record holds, what it belongs to, where it is kept."""
