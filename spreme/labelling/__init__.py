"""Unknown environments: which trajectories share their dynamics."""

from spreme.labelling.agglomeration import agglomerate as agglomerate
from spreme.labelling.agglomeration import ordered as ordered
from spreme.labelling.alternation import Clustering as Clustering
from spreme.labelling.alternation import Restrictions as Restrictions
from spreme.labelling.alternation import cluster as cluster
from spreme.labelling.mixture import Partition as Partition
from spreme.labelling.mixture import log_joint as log_joint
from spreme.labelling.mixture import partitions as partitions
from spreme.labelling.mixture import posterior as posterior
from spreme.labelling.quadratics import Quadratics as Quadratics
from spreme.labelling.trajectory_costs import TrajectoryCosts as TrajectoryCosts
from spreme.labelling.trajectory_costs import trajectory_costs as trajectory_costs
