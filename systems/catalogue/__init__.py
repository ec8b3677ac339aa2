"""The systems, one module each, with their record in `SYSTEM`."""
