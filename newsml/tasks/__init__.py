"""The tasks: topics, stance, summaries, and the one loop that runs them all."""
