"""The assistant of a person who works by mail."""
