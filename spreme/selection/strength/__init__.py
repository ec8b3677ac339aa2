"""The strength of a penalty in a plain regression: by information criteria, cross-validation or stability."""
