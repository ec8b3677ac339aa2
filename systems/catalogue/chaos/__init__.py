"""Twenty chaotic polynomial flows at published parameters, all of which differ by up to 5 % between environments.

The step between samples is about a hundredth of the fastest period (2 pi times the standard deviation of a state over
that of its speed), so that no state is sampled coarsely. The horizon is two to seven Lyapunov times: long enough that
the runs visit the attractor, short enough that forecasts within it can still be told apart. Starts lie where the
attractor is dense.

A Lyapunov time said to be computed comes from the growth of tangent vectors (Benettin's method) at the base parameters;
``tests/systems/test_chaos.py`` computes all of them again. Comments name the environments of training, 0 to 7, in which
a flow is periodic; all others are chaotic.
"""
