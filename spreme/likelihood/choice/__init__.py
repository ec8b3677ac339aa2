"""The choice among fitted laws by what the search does not follow: knee, held-out data, environments, resamples."""

from spreme.likelihood.choice.choose import Choice as Choice
from spreme.likelihood.choice.choose import check_enough as check_enough
from spreme.likelihood.choice.choose import choose as choose
from spreme.likelihood.choice.choose import rejudged as rejudged
