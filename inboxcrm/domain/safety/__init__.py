"""The rooms of the gate: its values, the facts it reads, its rows, who the sender is, limits, and bounces."""
