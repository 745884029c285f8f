import pytest

from embedlab.report.metrics import coverages, describe, ordered


@pytest.mark.parametrize(
    ("key", "name", "headline"),
    [
        ("test/verification_accuracy", "Verification", True),
        ("test/tar_at_far_1e-2", "TAR @ FAR 1e-2", True),
        ("test/tar_at_far_1e-3", "TAR @ FAR 1e-3", False),
        ("test/recall_at_1", "Recall@1", True),
        ("test/recall_at_10", "Recall@10", False),
        ("test/map_at_r", "MAP@R", True),
        ("test/5way_1shot", "5-way 1-shot", True),
        ("test/20way_5shot", "20-way 5-shot", False),
        ("test/lake_20way_1shot", "Lake 20-way 1-shot", False),
        ("test/ws353_sim_spearman", "WordSim-353 similarity ρ", True),
        ("test/mine_spearman", "mine ρ", True),
        ("test/google_analogies_3cosadd", "Google analogies", True),
        ("test/google_analogies_3cosmul_semantic", "Google analogies semantic, 3CosMul", False),
        ("test/bits_per_character", "bits per character", True),
        ("test/characters", "characters", False),
        ("test/something_new", "something new", False),
    ],
)
def test_names(key: str, name: str, headline: bool) -> None:
    metric = describe(key)
    assert (metric.name, metric.headline) == (name, headline)


def test_order_is_the_tables() -> None:
    keys = {"test/zeta", "test/20way_1shot", "test/nmi", "test/5way_1shot", "test/recall_at_1"}
    names = [metric.name for metric in ordered(keys)]
    assert names == ["Recall@1", "NMI", "5-way 1-shot", "20-way 1-shot", "zeta"]


def test_format() -> None:
    assert describe("test/recall_at_1").format(0.93149) == "93.1"
    assert describe("test/threshold").format(1.23456) == "1.235"
    assert describe("test/tokens").format(82430) == "82,430"
    assert describe("test/perplexity").format(114.52) == "114.5"
    assert not any(describe(f"test/{name}").higher_is_better for name in ("eer", "perplexity", "bits_per_character"))


def test_which_coverage_belongs_to_a_metric() -> None:
    keys = {f"test/{name}_{end}" for name in ("ws353", "ws353_sim") for end in ("spearman", "coverage")} | {"test/x"}
    assert coverages(keys) == {
        "test/ws353_spearman": "test/ws353_coverage", "test/ws353_sim_spearman": "test/ws353_sim_coverage",
    }  # fmt: skip
    assert coverages({"test/recall_at_1"}) == {}
