"""ODEBench: 63 equations of science collected for symbolic regression, those of them that are linear in a library.

Equations, constants, the two initial states of each and the sources are ODEBench's, whose numbers the names keep. What
is written about them is ours. `libraries` finds out which of the 63 are linear in a library, and in which; the others
are kept in the tables and made no systems.

References
----------
S. d'Ascoli, S. Becker, A. Mathis, P. Schwaller, N. Kilbertus, ODEFormer: Symbolic Regression of Dynamical Systems with
Transformers, ICLR 2024, arXiv:2310.05573.
"""
