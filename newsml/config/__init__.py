"""Configurations: strict schemas, YAML files with overrides, every fault reported at once.

Owns what a configuration file may say and how faults are told. Knows nothing of models or of what is done with one.
"""
