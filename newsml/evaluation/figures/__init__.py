"""The figures of an evaluation: from answers to figures of merit, with their doubt."""
