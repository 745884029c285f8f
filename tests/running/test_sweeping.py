import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.types import HydraContext, RunMode

from embedlab.running.catalog import conf_dir
from embedlab.running.sweeping import compose_job, config_key


def test_a_job_is_composed_once_and_run_as_it_was_planned(monkeypatch) -> None:
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        sweep = loader.load_configuration("train", [], run_mode=RunMode.MULTIRUN)
        context = HydraContext(config_loader=loader, callbacks=None)
        job = ["loss=arcface", "seed=3", "hydra.sweep.subdir=7"]
        planned = compose_job(context, sweep, job)
        key = config_key(planned)
        assert (planned.loss._target_, planned.seed) == ("embedlab.losses.ArcFaceLoss", 3)

        planned.seed = 4  # each asker has a copy of its own
        monkeypatch.setattr(loader, "load_sweep_config", None)
        again = compose_job(context, sweep, job)
        assert again.seed == 3
        assert list(again.hydra.overrides.task) == ["loss=arcface", "seed=3"]
        assert config_key(again) == key
