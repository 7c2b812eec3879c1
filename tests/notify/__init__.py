"""Word to the owner by another way."""
