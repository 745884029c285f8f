import pytest
from omegaconf import OmegaConf

from embedlab.errors import BadInput
from embedlab.running.catalog import conf_dir, gloss, group_of, keys, names, nearest


def test_names_are_those_of_the_files():
    assert {"arcface", "contrastive", "triplet"} <= set(names("loss"))
    assert {"loss", "miner", "model", "data"} <= set(names("groups"))
    assert (conf_dir() / "train.yaml").is_file()


def test_gloss_skips_the_package_line():
    assert gloss("experiment", "omniglot").startswith("Any loss on Omniglot")


@pytest.mark.parametrize("word", ["loss", "losses"])
def test_groups_go_by_singular_and_plural(word):
    assert group_of(word) == "loss"


def test_groups_within_groups_go_by_their_own_name():
    assert group_of("smoothings") == "model/smoothing"
    assert {"katz", "modified_kneser_ney"} <= set(names("model/smoothing"))


def test_a_group_that_is_not_there_is_named():
    with pytest.raises(BadInput, match=r"mners: nothing of that kind; did you mean miner\?"):
        group_of("mners")


def test_nearest_offers_the_close_one_or_all():
    assert nearest("tripet", ["triplet", "center"]) == "did you mean triplet?"
    assert nearest("xyz", ["triplet", "center"]) == "there are triplet, center"


def test_keys_go_down_but_not_into_what_is_missing():
    config = OmegaConf.create({"a": {"b": 1, "c": {"d": 2}}, "e": "???", "f": [1]})
    assert keys(config) == ["a", "a.b", "a.c", "a.c.d", "e", "f"]
