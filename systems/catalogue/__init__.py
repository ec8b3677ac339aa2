"""The systems: one package a suite, in it one module a system.

To add a system, add a file ``systems/catalogue/<suite>/<name>.py`` that holds its record in ``SYSTEM``, a
`systems.System`, and nothing else need change:

- ``name`` is the name of the file. ``key`` is a number that no other system has or ever had, for it seeds starts and
  noise: the suites count on from 1 (bench), 101 (textbook), 201 (chaos), 301 and 401 (odebench) and 501 (replicas).
- ``equations`` are SymPy expressions in symbols named like the states and the parameters; the true terms and their
  coefficients are computed from them and from ``library``. A number inside a function or a fraction, such as the 2 in
  ``sin(2*x)``, is written into the equation and not made a parameter; otherwise the law is not in any library and
  the system is misspecified, which `System.is_misspecified` finds out by itself.
- ``parameters`` come from the literature that ``citation`` names, ``environments`` says which of them differ and by how
  much. Trajectories must stay below 1000 in the environments 0 to 7 of training and 100 to 103 of adaptation.
- ``starts``, ``dt`` and ``horizon`` follow the time scales of the system: some twenty samples or more in the fastest
  period, and a horizon in which all terms matter. A comment says why wherever that is not plain.
- The docstring of the module says in one line what the system is and what its states are.

Where many systems share a form, a module may hold them all in ``SYSTEMS``, a tuple. A new suite is a new package here.
"""
