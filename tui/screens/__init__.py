"""One full page of the desk each."""
