"""Fits a head: scikit-learn's logistic regression on frozen sentence vectors, saved as a linear classification head.

Owns the fit and its translation into a model that plain ``transformers`` loads. Knows nothing of tables.
"""
