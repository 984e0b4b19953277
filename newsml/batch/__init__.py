"""Corpus runs that can be killed at any moment and started again, on one machine or many."""
