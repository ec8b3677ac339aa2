"""Pieces of what notebooks show."""
