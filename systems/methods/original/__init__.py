"""The algorithm of SpReME's publication, re-implemented from its stated objective: `systems.methods.spreme_2023`."""
