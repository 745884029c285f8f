"""Every shipped config: says what it is, composes, and every experiment trains."""

from pathlib import Path

import hydra
import pytest
import yaml
from hydra.core.global_hydra import GlobalHydra

from embedlab.running.build import make
from embedlab.running.catalog import conf_dir, gloss, names
from embedlab.running.rundir import RunDir
from embedlab.running.train import train

CHOICES = [(group, name) for group in names("groups") for name in names(group)]
OF_HYDRA = ("launch", "sweep", "sweeper")  # groups that set Hydra's own keys
SMOKE = ["trainer.max_epochs=1", "trainer.enable_progress_bar=false", "threads=1", "name=smoke"]
OF_IMAGES = ["sampler.classes_per_batch=4", "sampler.batches_per_epoch=2"]
OF_LANGUAGE = {  # and their smallest model
    "ngram": [],
    "char_rnn": ["model.embedding_dim=4", "model.hidden_dim=4"],
    "penn_treebank": ["model.embedding_dim=4", "model.hidden_dim=4"],
    "penn_treebank_medium": ["model.embedding_dim=4", "model.hidden_dim=4"],
    "awd_lstm": ["model.embedding_dim=4", "model.hidden_dim=6", "data.jitter=1"],
    "window_lm": ["model.embedding_dim=4", "model.hidden_dim=4"],
    "char_transformer": ["model.hidden_dim=8", "model.layers=1", "model.heads=2"],
}
TAGGED = "1\tdogs\t_\tNOUN\t_\t_\t_\t_\t_\t_\n2\tbark\t_\tVERB\t_\t_\t_\t_\t_\t_\n\n", "Prague\tB-city\nis\tO\n\n"


@pytest.mark.parametrize(("group", "name"), CHOICES)
def test_the_first_line_says_what_it_is_and_how_to_run_it(group, name):
    line = gloss(group, name)
    assert len(line) > 20
    if group not in ("task", "callbacks"):
        assert "embedlab train" in line or "embedlab evaluate" in line


@pytest.mark.parametrize(
    ("group", "name"), [c for c in CHOICES if c[0] not in ("experiment", "launch", "sweep", "sweeper")]
)
def test_every_choice_composes(group, name):
    key = "evaluation@validation" if group == "evaluation" else group
    value = f"[{name}]" if group == "logger" else name
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = hydra.compose("train", [f"{key}={value}"])
    chosen = config["validation" if group == "evaluation" else group]
    shipped = yaml.safe_load((conf_dir() / group / f"{name}.yaml").read_text()) or {}
    assert chosen is None or set(shipped) - {"defaults", group} <= set(chosen)


@pytest.mark.parametrize("name", names("trainer/sync"))
def test_every_way_for_ranks_to_keep_together_makes_a_trainer(name):
    assert "embedlab train trainer=ddp trainer/sync=" in gloss("trainer/sync", name)
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = hydra.compose("train", ["trainer=ddp_cpu", f"trainer/sync={name}", "rank_timeout=60"])
    trainer = make(config.trainer)
    assert trainer.strategy._timeout.total_seconds() == 60
    assert trainer.num_devices == 2


@pytest.mark.parametrize("name", names("model/smoothing"))
def test_every_smoothing_makes_a_model(name):
    assert f"embedlab train experiment=ngram model/smoothing={name}" in gloss("model/smoothing", name)
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = hydra.compose("train", ["model=ngram", f"model/smoothing={name}", "+sizes.vocabulary_size=3"])
    model = make(config.model)
    model.count([0, 1, 2, 0, 1, 0], [0, 3, 6])
    model.fit([0, 1], [0, 2])
    assert model.smoothed.distribution(model.smoothed.state([0])).sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", names("launch"))
def test_every_launcher_composes(name):
    plugin = yaml.safe_load((conf_dir() / "launch" / f"{name}.yaml").read_text())["defaults"][0]
    wanted = plugin["override /hydra/launcher"]
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        if name != "local" and wanted not in GlobalHydra.instance().config_loader().get_group_options("hydra/launcher"):
            pytest.skip(f"{wanted}: its extra is not installed")
        config = hydra.compose("train", [f"launch={name}"], return_hydra_config=True)
    assert config.hydra.runtime.choices["hydra/launcher"] == wanted


@pytest.mark.parametrize("name", names("sweep"))
def test_every_named_sweep_names_choices_there_are(name):
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = hydra.compose("train", [f"+sweep={name}"], return_hydra_config=True)
    assert config.hydra.mode.name == "MULTIRUN"
    for key, values in config.hydra.sweeper.params.items():
        if key in names("groups"):
            assert set(values.replace("\n", "").replace(" ", "").split(",")) <= set(names(key))


@pytest.mark.parametrize("name", names("experiment"))
def test_every_experiment_trains(name, tmp_path, request):
    shrink = OF_IMAGES
    if name.startswith("lfw"):
        shrink = [
            *OF_IMAGES,
            f"data.path={request.getfixturevalue('data_root')}/lfw",
            "data.image_size=16",
            "model.widths=[4,4]",
        ]
    if name.startswith("omniglot"):
        shrink = [*OF_IMAGES, "model.channels=4", "data.rotations=false", "evaluation=quick"]
    if name in ("word2vec", "cbow", "fasttext", "glove", "counts", "adagram"):
        (tmp_path / "corpus.txt").write_text("a dog and a cat and a dog\n" * 9)
        (tmp_path / "pairs.txt").write_text("a dog 3\na cat 2\ndog cat 1\n")
        shrink = [f"data.path={tmp_path}/corpus.txt", f"data.test_sets=[{tmp_path}/pairs.txt]", "data.min_count=5"]
        shrink += [f"data.cache={tmp_path}", "model.dimension=2" if name == "counts" else "model.embedding_dim=4"]
    if name in OF_LANGUAGE:
        (tmp_path / "text.txt").write_text("a dog and a cat and a dog\n" * 20)
        shrink = [f"data.path={tmp_path}/text.txt", "data.val_path=null", "data.test_path=null", "data.window=5"]
        shrink += [f"data.cache={tmp_path}", "callbacks.samples.length=3", *OF_LANGUAGE[name]]
        shrink += [] if name == "ngram" else ["data.batch_size=2"]
    if name.startswith("tagging"):
        files = [f"{tmp_path}/{split}.{'conll' if name.endswith('ner') else 'conllu'}" for split in ("train", "dev")]
        for file in files:
            Path(file).write_text(TAGGED[name.endswith("ner")] * 4)
        shrink = [f"data.path={files[0]}", f"data.val_path={files[1]}", f"data.test_path={files[1]}"]
        shrink += ["data.batch_size=2", "model.embedding_dim=4", "model.hidden_dim=4", "model.character_features=4"]
    if name == "kim_cnn":
        (tmp_path / "texts.txt").write_text("1 a fine dog\n0 a dull cat\n" * 10)
        shrink = [f"data.path={tmp_path}/texts.txt", "data.folds=4", "data.batch_size=4", "model.embedding_dim=4"]
    if name == "fasttext":
        shrink.append("model.subwords.bucket=100")
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = hydra.compose("train", [f"experiment={name}", *SMOKE, *shrink, f"run_dir={tmp_path}"])
    estimates = train(config, RunDir(tmp_path))
    assert estimates
    assert name in OF_LANGUAGE or all(-1 <= estimate.value <= 1 for estimate in estimates.values())
