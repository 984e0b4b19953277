"""Renderings of an evaluation's report for people: Markdown, and one self-contained HTML page.

Owns how a report looks. Computes no figure and reads no file of a run: all it shows is in the report.
"""
