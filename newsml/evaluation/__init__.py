"""Evaluation: metrics and baselines, computed by scikit-learn and rouge-score."""
