"""Commitments suggested from text, measured on labelled sentences."""
