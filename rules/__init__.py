"""Pure: no I/O, no clock, no globals. What is normal, what is a spike, what is a rule."""
