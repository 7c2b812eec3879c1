"""Texts and bytes that go out."""
