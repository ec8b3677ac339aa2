"""The batch runner: frozen cases, one record each, resumed wherever it was stopped."""
