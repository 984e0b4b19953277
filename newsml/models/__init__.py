"""Models: cards that describe them, sources that fetch them, and the runners that compute with them."""
