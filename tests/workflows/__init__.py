"""What rules do over time."""
