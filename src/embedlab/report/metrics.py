"""How metrics are shown: name, one-line gloss, unit and which direction is better."""

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One metric as readers see it.

    Attributes:
        key: its full name in ``metrics.json``, e.g. ``test/recall_at_1``.
        name: display name.
        gloss: what it measures, in one sentence.
        fraction: lies in 0..1 and is shown in percent.
        headline: belongs in the main table.
        order: place among the metrics.
    """

    key: str
    name: str
    gloss: str
    fraction: bool = True
    higher_is_better: bool = True
    headline: bool = False
    order: int = 1 << 16

    def format(self, value: float) -> str:
        """The number as text, percent where it is a fraction."""
        if self.fraction:
            return f"{100 * value:.1f}"
        return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"


# Pattern of the name without its split; display name and gloss (\1, \2: what the pattern caught); headline.
_KNOWN: tuple[tuple[str, str, str, bool], ...] = (
    (
        r"verification_accuracy",
        "Verification",
        "Share of pairs rightly called same or different, the threshold chosen on other folds.",
        True,
    ),
    (
        r"tar_at_far_1e-2",
        "TAR @ FAR 1e-2",
        "Share of matching pairs accepted when one in a hundred non-matching pairs is accepted too.",
        True,
    ),
    (
        r"tar_at_far_(.+)",
        r"TAR @ FAR \1",
        r"Share of matching pairs accepted at a false-accept rate of \1.",
        False,
    ),
    (r"recall_at_1", "Recall@1", "Share of queries whose nearest neighbour is of their own class.", True),
    (r"recall_at_(\d+)", r"Recall@\1", r"Share of queries with their own class among the \1 nearest.", False),
    (
        r"map_at_r",
        "MAP@R",
        "Mean average precision over the R nearest, R being the number of items of the query's class.",
        True,
    ),
    (r"r_precision", "R-precision", "Share of the query's own class among its R nearest.", False),
    (
        r"nmi",
        "NMI",
        "Normalised mutual information of k-means clusters and classes: 100 is a perfect match.",
        True,
    ),
    (r"ami", "AMI", "Mutual information of clusters and classes, corrected for chance.", False),
    (r"ari", "ARI", "Rand index of clusters and classes, corrected for chance.", False),
    (
        r"(5|20)way_1shot",
        r"\1-way 1-shot",
        r"Accuracy of telling \1 unseen classes apart from one example of each.",
        True,
    ),
    (
        r"(\d+)way_(\d+)shot",
        r"\1-way \2-shot",
        r"Accuracy of telling \1 unseen classes apart from \2 examples of each.",
        False,
    ),
    (
        r"lake_20way_1shot",
        "Lake 20-way 1-shot",
        "Accuracy on Lake's fixed 20-way one-shot runs inside one alphabet.",
        False,
    ),
    (r"auc", "ROC AUC", "Area under the ROC curve: 100 is perfect, 50 is chance.", False),
    (r"(.+)_spearman", r"\1 ρ", "Spearman's rank correlation of cosines with people's judgements.", True),
    (r"(.+)_average_precision", r"\1 AP", "Average precision of related pairs, ranked by cosine.", True),
    (r"(.+)_3cosadd", r"\1", "Share of analogies whose answer is the word nearest to b − a + c (3CosAdd).", True),
    (r"(.+)_3cosmul", r"\1 3CosMul", "Share of analogies rightly answered by 3CosMul.", False),
    (
        r"(.+)_(3cosadd|3cosmul)_(semantic|syntactic)",
        r"\1 \3, \2",
        r"Share of the \3 analogies rightly answered by \2.",
        False,
    ),
    (
        r"(.+)_(avg|max)simc",
        r"\1 \2SimC",
        "Rank correlation of the senses' cosines in context with people's judgements.",
        True,
    ),
    (r"(.+)_ari", r"\1 ARI", "Agreement of found with gold senses, adjusted for chance; the mean over words.", True),
    (r"(.+)_v_measure", r"\1 V", "Homogeneity and completeness of the senses found; grows with their number.", False),
    (r"(.+)_(ari|v_measure)_weighted", r"\1 \2 by contexts", "The same, words weighted by their contexts.", False),
    (r"(.+)_purity", r"\1 purity", "Share of words of the commonest category of their k-means cluster.", False),
    (r"vector_coverage", "Vectors' coverage", "Share of the test's words that the file of vectors has.", False),
    (r"(.+)_coverage", r"\1 coverage", "Share of the test whose words are all in the vocabulary.", False),
    (r"accuracy", "Accuracy", "Share of words given the right tag, or of texts given the right class.", True),
    (r"macro_f1", "Mean F1", "Mean over classes of the harmonic mean of precision and recall.", False),
    (
        r"calibration_error",
        "Calibration error",
        "How far probabilities are from the share of right answers, on average.",
        False,
    ),
    (r"unseen_accuracy", "Unseen words", "The same of words that are not in the training text.", True),
    (r"unseen_fraction", "Unseen words' share", "Share of words that are not in the training text.", False),
    (r"entity_f1", "Entity F1", "Harmonic mean of the two below, which ask for kind and extent alike.", True),
    (r"entity_precision", "Precision", "Share of the entities found that are right in kind and extent.", True),
    (r"entity_recall", "Recall", "Share of entities that are found with the right kind and extent.", True),
    (r"unseen_entity_recall", "Recall, unseen", "The same of entities that are not in the training text.", True),
    (r"unseen_entity_fraction", "Unseen entities' share", "Share of entities not in the training text.", False),
    (r"eer", "EER", "Error rate where false accepts equal false rejects; lower is better.", False),
)
# Those that are no fractions: their gloss, and whether they are in the main table.
_NUMBERS = {
    "perplexity": ("The exponential of the mean −ln p of all tokens; lower is better.", True),
    "bits_per_character": ("The sum of −log₂ p of all tokens over the characters they are written with.", True),
    "tokens": ("How many the perplexity is over, ends of lines and unknown words among them.", True),
    "characters": ("How many the bits are over.", False),
}
# Display names of sets of words.
_SETS = {
    "ws353": "WordSim-353", "ws353_sim": "WordSim-353 similarity", "ws353_rel": "WordSim-353 relatedness",
    "simlex999": "SimLex-999", "men": "MEN", "rw": "Rare Words", "mturk287": "MTurk-287", "mturk771": "MTurk-771",
    "rg65": "RG-65", "mc30": "MC-30", "yp130": "YP-130", "verb143": "Verb-143", "simverb3500": "SimVerb-3500",
    "semeval17": "SemEval-2017", "google_analogies": "Google analogies", "google_phrases": "Google phrases",
    "msr_analogies": "MSR analogies", "ap": "AP", "battig": "Battig", "bless": "BLESS", "esslli2008": "ESSLLI-2008",
    "hj": "HJ", "hj_sim": "HJ similarity", "hj_rel": "HJ relatedness", "rt": "RT", "ae": "AE", "ae2": "AE 2",
    "simlex965_ru": "SimLex-965 Russian", "simlex999_ru": "SimLex-999 Russian",
}  # fmt: skip
_LOWER_IS_BETTER = re.compile(r"eer|loss|error|perplexity|bits_per_character")


def describe(key: str) -> Metric:
    """The metric of that name; an unknown one keeps its name and is shown as it is."""
    bare = key.rpartition("/")[2]
    lower = bool(_LOWER_IS_BETTER.search(bare))
    for order, (pattern, name, gloss, headline) in enumerate(_KNOWN):
        match = re.fullmatch(pattern, bare)
        if match:
            shown, glossed = (_spelled(match.expand(template)) for template in (name, gloss))
            if name.startswith("\\1"):
                shown = set_name(match[1]) + shown.removeprefix(match[1])
            return Metric(key, shown, glossed, True, not lower, headline, order)
    gloss, headline = _NUMBERS.get(bare, ("", False))
    order = list(_NUMBERS).index(bare) + len(_KNOWN) if bare in _NUMBERS else Metric.order
    return Metric(key, bare.replace("_", " "), gloss, False, not lower, headline, order)


def set_name(name: str) -> str:
    """What a set of words is called; an unknown one, or any other name, stays as it is."""
    return _SETS.get(name, name)


def coverages(keys: Iterable[str]) -> dict[str, str]:
    """Which of these metrics says how much of its set each of the others was measured on, where one does."""
    keys, found = set(keys), dict[str, str]()
    ends = {key for key in keys if key.endswith("_coverage")}
    for coverage in sorted(ends, key=len):  # the nearest name wins
        found |= {key: coverage for key in keys - ends if key.startswith(coverage.removesuffix("coverage"))}
    return found


def ordered(keys: set[str]) -> list[Metric]:
    """These metrics in the order of the table, unknown ones last by name."""
    return sorted((describe(key) for key in keys), key=lambda metric: (metric.order, _numbers(metric.key)))


def _spelled(text: str) -> str:
    return text.replace("3cosadd", "3CosAdd").replace("3cosmul", "3CosMul")


def _numbers(key: str) -> tuple[tuple[int, str], ...]:
    """A sort key under which ``5_way`` comes before ``20_way``."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", key))
