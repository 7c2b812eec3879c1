"""Takes each defence of docs/hostile-inputs.md away, one at a time, and asks whether its test notices."""
