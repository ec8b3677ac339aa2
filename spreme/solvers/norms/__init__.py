"""Penalties on the norms of groups, by Newton's method in these norms."""
