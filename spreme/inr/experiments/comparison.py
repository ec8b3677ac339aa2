"""Compare starts of the same size: every one is adapted to all test signals in every trial."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from spreme.inr.experiments.contestants import Contestant
from spreme.inr.experiments.families import Family
from spreme.inr.experiments.records import Record
from spreme.inr.experiments.settings import Settings, Trial, check_request
from spreme.inr.experiments.starts import contestants

Report = Callable[[Contestant, Sequence[Record]], None]


def compare(
    family: Family,
    *,
    settings: Settings | None = None,
    methods: Sequence[str] = ("lamp", "dense_narrow", "dense_narrow_total", "scratch"),
    seeds: Sequence[int] = (0,),
    report: Report | None = None,
) -> list[Record]:
    """Judge pruned starts, and rivals of the same size, on the test signals of a family.

    A rival at a density is as large as the first pruned start among ``methods`` is there, once its dead neurons are
    dropped. Every start is adapted to every test signal by two steps of gradient descent at its inner rates, and by
    Adam at each of the rates of the settings.

    Parameters
    ----------
    family : Family
        Signals.
    settings : Settings, optional
        How to train and judge (default: `Settings()`).
    methods : sequence of str
        Names of `METHODS`:

        - ``"lamp"``, ``"magnitude"``, ``"random"``, ``"random_balanced"``: a wide start, pruned and trained again
          density by density; ``"lamp_learned"`` with learned inner rates.
        - ``"dense_narrow"``: a dense start of as many weights; ``"dense_narrow_total"``: of as many weights and biases.
          Both have as many meta-steps as the pruned start had in all. ``"..._learned"``: with learned inner rates.
        - ``"one_shot"``, ``"iterative_magnitude"``: the dense start of the pruned one, pruned while Adam fits each
          signal: once half-way, or by 20 % many times.
        - ``"scratch"``: a random start as narrow as ``"dense_narrow"``.
    seeds : sequence of int, default (0,)
        Seeds of the starts.
    report : callable, optional
        Called with every start and its records as soon as there are any.

    Returns
    -------
    list of Record
        One for each method, seed, density and trial.

    Raises
    ------
    ValueError
        If a method or density is unknown, or no method prunes.

    References
    ----------
    Lee, Tack, Lee and Shin (2021), Meta-learning sparse implicit neural representations, NeurIPS (arXiv 2110.14678).

    Examples
    --------
    >>> import numpy as np
    >>> from spreme.inr.experiments import Family, Settings, compare
    >>> t = np.linspace(-1, 1, 30)[:, None]
    >>> waves = np.array([0.5 + 0.5 * np.sin((3 + k / 4) * t) for k in range(8)])
    >>> settings = Settings((8, 8), w0=6.0, densities=(1.0, 0.5), judged=(0.5,), meta_iter=20, retrain_iter=10, steps=5)
    >>> records = compare(Family(t, waves[:6], waves[6:]), settings=settings, methods=["lamp", "dense_narrow"])
    >>> [(record.method, record.label, record.meta_steps) for record in records if record.rate == 1e-4]
    [('lamp', 'Adam 0.0001', 30), ('dense_narrow', 'Adam 0.0001', 30)]
    """
    settings = settings or Settings()
    check_request(settings, methods)
    records: list[Record] = []
    for seed in seeds:
        for contestant in contestants(family, settings, methods, seed):
            found = [judge(contestant, family, trial) for trial in settings.trials if contestant.takes(trial)]
            records += found
            if report is not None:
                report(contestant, found)
    return records


def judge(contestant: Contestant, family: Family, trial: Trial) -> Record:
    """Adapt a start to every test signal.

    Parameters
    ----------
    contestant : Contestant
        Start.
    family : Family
        Signals.
    trial : Trial
        How it is adapted.

    Returns
    -------
    Record
        Mean over the signals.
    """
    X, truths = family.truth or (family.X, family.test)
    fitted = [contestant.fit(family.X, own, trial) for own in family.test]
    scores = [model.score(X, truth) for model, truth in zip(fitted, truths, strict=True)]
    counts = [model.n_parameters_ for model in fitted]
    return Record(
        contestant.method,
        contestant.seed,
        contestant.density,
        contestant.inr.hidden[0],
        round(np.mean([own["weights"] for own in counts])),
        round(np.mean([own["weights"] + own["biases"] for own in counts])),
        contestant.meta_steps,
        *trial[:2],
        trial.rate,
        float(np.mean(scores)),
        float(np.std(scores)),
        len(scores),
    )
