"""What people thought of a session: one question, one sentence, and no name."""
