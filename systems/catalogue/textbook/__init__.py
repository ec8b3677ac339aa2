"""Textbook systems of many fields, at parameters of the literature."""
