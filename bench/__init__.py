"""What is measured, and what the settings were chosen by."""
