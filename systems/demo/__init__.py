"""The demonstration, ``python -m systems.demo``: three recordings, from data to law, and what they do not support."""
