"""Break a running city on purpose, and hold what is left against a run that nothing disturbed."""
