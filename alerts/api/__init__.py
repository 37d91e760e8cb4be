"""The programming interface under /v1: everything that the pages do."""
