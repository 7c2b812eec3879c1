"""What becomes of a promise in the whole house."""
