"""Rules in shadow: candidates that judge beside what is in force, and of which no desk hears."""
