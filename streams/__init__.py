"""How events and time reach the rules, and signals reach the alerts."""
