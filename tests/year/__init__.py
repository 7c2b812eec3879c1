"""A year of a consultant's life: thirty clients by a script, and whether the tables hold in the end what it says."""
