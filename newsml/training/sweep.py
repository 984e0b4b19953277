"""Searches the settings of a recipe's ``sweep`` section; optuna draws them and keeps the books.

Owns the trials, their folders and which is kept. Knows nothing of how a trial is fitted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from newsml.config.finetune import FinetuneConfig
from newsml.config.training import Range, Training, fitting
from newsml.errors import MissingDependencyError, TrainingError
from newsml.training.cards import Figures, Made
from newsml.training.processes import count
from newsml.training.trainer import Say

if TYPE_CHECKING:
    import optuna


def sweep(config: FinetuneConfig, fit: Callable[[FinetuneConfig], Made], say: Say) -> tuple[FinetuneConfig, Made]:
    """Fit trials until there are as many as asked for, and give the best.

    Each trial has a folder under ``output/trials``, named after its settings, and the study a journal there: a run that
    is started again counts the trials of before, and takes up the one that was broken off.

    Args:
        config: The recipe, its method and ``training`` settled.
        fit: Fits a recipe into its output folder.
        say: Receives a line for each trial.

    Returns:
        The recipe with the settings of the best trial, and what that made.

    Raises:
        MissingDependencyError: optuna is not installed.
        TrainingError: Several processes train together.
    """
    if config.sweep is None or count() > 1:
        raise TrainingError(
            f"a sweep runs in one process, got {count()}; leave sweep out, or launch without accelerate"
        )
    study = _study(config)
    from optuna.trial import TrialState

    for left in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(left.number, state=TrialState.FAIL)
        study.enqueue_trial(left.params)
    last: tuple[dict[str, Any], Made] | None = None
    while (done := len(study.get_trials(states=(TrialState.COMPLETE,)))) < config.sweep.trials:
        trial = study.ask()
        settings = _drawn(trial, config)
        said = ", ".join(
            f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in settings.items()
        )
        say(f"trial {done + 1} of {config.sweep.trials}: {said}")
        last = settings, fit(_with(config, settings))
        value = score(last[1].figures)
        study.tell(trial, value)
        say(f"trial {done + 1} of {config.sweep.trials}: {said}: {value:.4f}")
    # Of the settings as they were drawn: optuna's numbers are floats where training has whole ones.
    best = {name: fitting(name, value) for name, value in study.best_params.items()}
    made = last[1] if last is not None and last[0] == best else fit(_with(config, best))
    say(f"best trial: {', '.join(f'{name} {value}' for name, value in best.items())}: {study.best_value:.4f}")
    trials = tuple({**trial.params, "value": trial.value} for trial in study.get_trials(states=(TrialState.COMPLETE,)))
    kept = _with(config, best).model_copy(update={"output": config.output})
    return kept, Made(made.folder, made.figures, made.calibration, trials)


def score(figures: Figures) -> float:
    """What trials are compared by: the chief figure on all held-out rows, or its mean over tables; more is better."""
    chosen = (
        [figures["all: model"]]
        if "all: model" in figures
        else [measured for key, measured in figures.items() if key.rpartition(": ")[2] == "model"]
    )
    chief = [measured.figures[0] for measured in chosen]
    return float(np.mean([-one.value if one.better == "lower" else one.value for one in chief]))


def _study(config: FinetuneConfig) -> optuna.Study:
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError as error:
        raise MissingDependencyError(
            f"sweep needs a package that is not installed ({error}); install it with: pip install 'newsml[sweep]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folder = Path(config.output) / "trials"
    folder.mkdir(parents=True, exist_ok=True)
    # Trials of other settings, data or seed are another study: what they reached cannot be compared.
    recipe = config.model_dump(mode="json", exclude={"sweep": {"trials"}, "card": True, "output": True})
    return optuna.create_study(
        study_name=_hash(recipe),
        storage=JournalStorage(JournalFileBackend(str(folder / "study.jsonl"))),
        sampler=optuna.samplers.TPESampler(seed=config.seed),
        direction="maximize",
        load_if_exists=True,
    )


def _drawn(trial: optuna.Trial, config: FinetuneConfig) -> dict[str, Any]:
    assert config.sweep is not None
    settings: dict[str, Any] = {}
    for name, values in config.sweep.search.items():
        if not isinstance(values, Range):
            settings[name] = trial.suggest_categorical(name, list(values))
        elif Training.model_fields[name].annotation is int:
            settings[name] = trial.suggest_int(name, round(values.low), round(values.high), log=values.log)
        else:
            settings[name] = trial.suggest_float(name, values.low, values.high, log=values.log)
    return settings


def _with(config: FinetuneConfig, settings: Mapping[str, Any]) -> FinetuneConfig:
    """The recipe of a trial."""
    training = Training.model_validate({**config.training.model_dump(), **settings})
    place = Path(config.output) / "trials" / _hash(settings)
    return config.model_copy(update={"training": training, "output": str(place)})


def _hash(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
