"""The submission side."""
