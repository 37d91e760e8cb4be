"""Feeds as data: a file says which column is what, and this room reads by it."""
