"""The likelihood of the measured trajectories: fits of masks, and the search for the best one."""
