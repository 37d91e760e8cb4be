"""What an alert is and who answers it."""
