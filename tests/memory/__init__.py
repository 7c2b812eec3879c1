"""What is remembered beside the mail: commitments, facts, occasions, rhythm, touches."""
