"""Writes the tables of the READMEs from the CSV files that the runs wrote, so that no figure is ever typed by hand.

python scripts/tables.py            between each pair of lines <!-- table: KIND FILE… --> and <!-- end -->
python scripts/tables.py --check    only says whether every table is what its files give
"""

import csv
import re
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
from scipy import stats

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- table: (?P<kind>\w+)(?P<files>[^>]*?) -->\n).*?(<!-- end -->)", re.S)


class Rows(list[dict[str, str]]):
    """The lines of a CSV file, and its name."""

    name = ""


def read(path: Path) -> Rows:
    with path.open() as file:
        rows = Rows(csv.DictReader(file))
    rows.name = path.stem.replace("_", " ")
    return rows


def markdown(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *map(list, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def percent(value: str | float) -> str:
    return f"{100 * float(value):.1f}"


def half_width(x: np.ndarray) -> float:
    """Of the 95 % t interval of the mean of runs, at least two."""
    return float(stats.t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))


def speed(rows: Rows) -> str:
    """Times and memory beside the peer's, by size."""
    lines = []
    for row in rows:
        if row["contestant"] == "pytorch-metric-learning" or not row["times_faster"]:
            continue
        ratio = f"{row['times_faster']} ({row['times_faster_low']} – {row['times_faster_high']})"
        lines.append([f"{row['triplets']}, B = {row['batch']}", row["contestant"], ratio, row["times_less_memory"]])
    return markdown(["triplets", "path", "times faster (lowest – highest round)", "times less memory"], lines)


def words(rows: Rows) -> str:
    """How many times as many words a second as each peer, by method and threads."""
    lines = []
    for row in (row for row in rows if row["times_faster"]):
        of_clock, of_processor = (
            "{} ({} – {})".format(*(row[f"{name}{end}"] for end in ("", "_low", "_high")))
            for name in ("times_faster", "times_less_processor_time")
        )
        lines.append([row["method"], row["threads"], row["contestant"], of_clock, of_processor])
    ratio = "times faster (lowest – highest round)"
    return markdown(["", "threads", "beside", ratio, "the same, processor time"], lines)


def equal_quality(rows: Rows) -> str:
    """Means over seeds, ± 95 % t interval, of each method and its peer, and their difference."""
    metrics = {"ws353": "WS353", "simlex999": "SimLex", "google_analogies": "analogies"}

    def values(method: str, who: str, metric: str) -> np.ndarray:
        return np.array([float(row[metric]) for row in rows if (row["method"], row["contestant"]) == (method, who)])

    lines = []
    for method in dict.fromkeys(row["method"] for row in rows):
        cells = []
        for metric in metrics:
            ours, theirs = (values(method, who, metric) for who in ("embedlab", "gensim"))
            half = [half_width(x) for x in (ours, theirs)]
            cells.append(
                f"{ours.mean():.1f} ± {half[0]:.1f} : {theirs.mean():.1f} ± {half[1]:.1f} "
                f"({ours.mean() - theirs.mean():+.1f})"
            )
        lines.append([method, *cells, str(len(ours))])
    head = (f"{name}, ours : gensim's (difference)" for name in metrics.values())
    return markdown(["", *head, "n"], lines)


def word_runs(rows: Rows) -> str:
    """Vocabulary and whole runs beside gensim's, and the share of a training that is not the kernel's."""
    lines = []
    for row in rows:
        values = [float(row[f"ratio{end}"]) for end in ("", "_low", "_high")]
        if row["measure"] == "frame":
            ours, other = f"{row['seconds']} s", f"kernel {row['seconds_kernel']} s"
            ratio = "{} % ({} – {})".format(*map(percent, values)) + " of the time is the frame's"
        else:
            ours, other = f"{row['seconds']} s", f"gensim {row['seconds_gensim']} s"
            ratio = "{:.3g} × ({:.3g} – {:.3g})".format(*values)
        lines.append([row["measure"], ours, other, ratio])
    return markdown(["", "embedlab", "beside", "median (lowest – highest round)"], lines)


def word_scale(rows: Rows) -> str:
    """Words a second and memory by text and vocabulary."""
    lines = [
        [
            f"{int(row['words']) / 1e6:g} M", f"{int(row['vocabulary']) / 1e3:g} k", f"{float(row['seconds']):.0f} s",
            f"{float(row['trained_words_per_second']) / 1e6:.2f} M", f"{int(row['peak_private_bytes']) / 1e9:.2f} GB",
        ]
        for row in rows
    ]  # fmt: skip
    return markdown(["words of text", "different ones", "whole run", "trained words/s", "private memory"], lines)


def ngram_speed(rows: Rows) -> str:
    """Words a second of counting and scoring beside the peers'."""
    lines = []
    for row in (row for row in rows if row["times_faster"]):
        (ours,) = (r for r in rows if (r["measure"], r["contestant"]) == (row["measure"], "embedlab"))
        ratios = (
            "{} ({} – {})".format(*(f"{float(row[f'{name}{end}']):,.4g}" for end in ("", "_low", "_high")))
            for name in ("times_faster", "times_less_processor_time")
        )
        speeds = (f"{float(r['words_per_second']):,.4g}" for r in (ours, row))
        lines.append([row["measure"], next(speeds), f"{row['contestant']} {next(speeds)}", *ratios])
    ratio = "times faster (lowest – highest round)"
    return markdown(["", "embedlab, words/s", "beside, words/s", ratio, "the same, processor time"], lines)


def ngram_memory(rows: Rows) -> str:
    """Bytes of an n-gram, counted and smoothed, and the most memory of the process."""
    lines = [
        [
            f"{int(row['text_words']) / 1e6:.1f} M", f"{int(row['vocabulary']) / 1e3:.0f} k",
            f"{int(row['ngrams']) / 1e6:.1f} M", row["bytes_per_ngram_counts"], row["bytes_per_ngram_model"],
            f"{int(row['peak_bytes']) / 1e9:.1f} GB",
        ]
        for row in rows
        if row["ngrams"]
    ]  # fmt: skip
    head = ["words of text", "different ones", "n-grams, orders 1 to 5", "bytes each, counts", "bytes each, model"]
    return markdown([*head, "most memory"], lines)


def language_speed(rows: Rows) -> str:
    """Tokens a second of training and of generation, beside the peer's, and the loss that training came to."""
    lines = []
    for row in rows:
        ratios = [
            "{} ({} – {})".format(*(row[f"{name}{end}"] for end in ("", "_low", "_high")))
            for name in ("times_faster", "times_less_processor_time")
        ]
        lines.append([row["contestant"], row["measure"], row["tokens_per_second"], *ratios, row["test_loss"] or "–"])
    ratio = "times faster (lowest – highest round)"
    return markdown(["", "", "tokens/s", ratio, "the same, processor time", "test loss, nats"], lines)


FRAME = ("plain loop", "bare Lightning", "embedlab")


def frame(rows: Rows) -> str:
    """Seconds of steps, starts and commands by contestant, and embedlab's over bare Lightning's."""
    lines = []
    for measure in dict.fromkeys(row["measure"] for row in rows):
        of = {row["contestant"]: row for row in rows if row["measure"] == measure}
        for name in [name for name in of if name not in FRAME]:
            lines.append([f"`{name}`", "", "", shown_seconds(of[name]["seconds"]), "", ""])
        if "embedlab" in of:
            times = [shown_seconds(of[name]["seconds"]) if name in of else "" for name in FRAME]
            ours = of["embedlab"]
            ratios = [
                "{} ({} – {})".format(*(ours[f"{field}_times_lightning{end}"] for end in ("", "_low", "_high")))
                for field in ("seconds", "processor")
            ]
            lines.append([measure, *times, *ratios])
    ratio = "embedlab / Lightning (lowest – highest round)"
    return markdown(["", *FRAME, ratio, "the same, processor time"], lines)


def shown_seconds(value: str) -> str:
    seconds = float(value)
    return f"{1000 * seconds:.3g} ms" if seconds < 0.1 else f"{seconds:.2f} s"


SWEEP = {
    "verification_accuracy": "Verification", "tar_at_far_1e-2": "TAR @ FAR 1e-2", "recall_at_1": "Recall@1",
    "map_at_r": "MAP@R", "nmi": "NMI", "5way_1shot": "5-way 1-shot", "20way_1shot": "20-way 1-shot",
}  # fmt: skip


def sweep(rows: Rows) -> str:
    """Variants of a sweep over losses, best 20-way first: mean in percent, ± 95 % t interval over the repeats.

    One run alone has its own interval, over test samples, where its protocol defines one.
    """
    done = [row for row in rows if row["status"] == "done"]
    metrics = [name for name in SWEEP if f"test/{name}" in rows[0]]
    losses = dict.fromkeys(row["loss"] for row in done)

    def values(loss: str, name: str) -> np.ndarray:
        return np.array([float(row[name]) for row in done if row["loss"] == loss])

    def cell(loss: str, name: str) -> str:
        x = values(loss, name)
        if len(x) > 1:
            half = half_width(x)
            return f"{percent(x.mean())} ± {percent(half)}"
        (run,) = (row for row in done if row["loss"] == loss)
        if not run[f"{name}_low"]:
            return percent(x[0])
        return f"{percent(x[0])} ± {percent((float(run[f'{name}_high']) - float(run[f'{name}_low'])) / 2)}"

    ranked = sorted(losses, key=lambda loss: -values(loss, f"test/{metrics[-1]}").mean())
    lines = [
        [loss, *(cell(loss, f"test/{name}") for name in metrics), str(len(values(loss, "seconds")))] for loss in ranked
    ]
    return markdown(["loss", *(SWEEP[name] for name in metrics), "n"], lines)


def beside(published: Rows, *ours: Rows) -> str:
    """Published figures and ours, one column a metric; ours in percent with their 95 % interval."""
    metrics = [name for name in published[0] if name not in ("method", "source")]
    lines = [[f"{row['method']} ({row['source']})", *(row[name] or "–" for name in metrics)] for row in published]
    for row in (row for rows in ours for row in rows if row["status"] == "done"):
        cells = []
        for name in metrics:
            value, low, high = (row.get(f"test/{name}{end}", "") for end in ("", "_low", "_high"))
            cells.append(f"**{percent(value)}** ({percent(low)} – {percent(high)})" if value else "–")
        lines.append([f"**ours**, seed {row['seed']}, {float(row['seconds']) / 60:.0f} min", *cells])
    return markdown(["", *metrics], lines)


def faces(published: Rows, ours: Rows) -> str:
    """Verification accuracy in percent, mean ± standard error over the ten folds as LFW reports it, worst first."""
    columns = ["ours, LFW alone", "published, LFW alone", "published, outside data"]
    found = []
    for row in published:
        error = f" ± {row['standard_error']}" if row["standard_error"] else ""
        name = f"{row['method']} ({row['source']})"
        found.append((float(row["accuracy"]), name, f"published, {row['data']}", row["accuracy"] + error))
    for loss in dict.fromkeys(row["loss"] for row in ours):
        x = 100 * np.array([float(row["accuracy"]) for row in ours if row["loss"] == loss])
        text = f"**{x.mean():.2f}** ± {x.std(ddof=1) / np.sqrt(len(x)):.2f}"
        found.append((x.mean(), f"**{loss}**, {len(x)} folds", columns[0], text))
    lines = [[name, *(text if column == place else "" for column in columns)] for _, name, place, text in sorted(found)]
    return markdown(["", *columns], lines)


def chaos(rows: Rows) -> str:
    """Sweeps that were killed, by what was killed: in what state, and how many ended with the table of a calm one."""
    lines = []
    for victim in dict.fromkeys(row["killed"] for row in rows):
        killed = [row for row in rows if row["killed"] == victim]
        moments = [float(row["after_seconds"]) for row in killed]
        jobs = [int(row["done_before"]) for row in killed]
        same = sum(row["same_table"] == "True" for row in killed)
        lines.append([
            victim, str(len(killed)), f"{min(moments):.0f} – {max(moments):.0f} s", f"{min(jobs)} – {max(jobs)}",
            str(max(int(row["resumes"]) for row in killed)), f"{same} of {len(killed)}",
        ])  # fmt: skip
    return markdown(["killed", "rounds", "after", "jobs done by then", "most resumes", "same table"], lines)


WORD_SETS = {
    "ws353_spearman": "WS353", "simlex999_spearman": "SimLex", "men_spearman": "MEN", "rw_spearman": "RW",
    "mturk771_spearman": "MTurk771", "google_analogies_3cosadd": "analogies", "hj_spearman": "HJ",
    "rt_average_precision": "RT", "ae_average_precision": "AE", "simlex965_ru_spearman": "SimLex965",
}  # fmt: skip


def word_quality(*files: Rows) -> str:
    """Word vectors by their settings and who trained them: mean in percent ± 95 % t interval over seeds, n seeds.

    One run alone has its own interval, over test items, where it was written down.
    """
    metrics = [name for name in WORD_SETS if any(f"test/{name}" in rows[0] for rows in files)]
    lines = []
    for rows in files:
        runs: dict[str, Rows] = {}
        for row in rows:
            if row.get("status", "done") == "done":
                label = _settings(row)
                runs.setdefault(f"{rows.name}: {label}" if label else rows.name, Rows()).append(row)
        for label, of in runs.items():
            cells = [_with_interval(of, f"test/{name}") for name in metrics]
            lines.append([f"*{label}*" if "gensim" in rows[0] else label, *cells, str(len(of))])
    return markdown(["", *(WORD_SETS[name] for name in metrics), "n"], lines)


def _with_interval(runs: Rows, name: str) -> str:
    x = np.array([float(row[name]) for row in runs if row.get(name)])
    if len(x) == 0:
        return "–"
    if len(x) > 1:
        return f"{percent(x.mean())} ± {percent(half_width(x))}"
    low, high = (runs[0].get(f"{name}{end}", "") for end in ("_low", "_high"))
    return f"{percent(x[0])} ± {percent((float(high) - float(low)) / 2)}" if low and high else percent(x[0])


def tagging(published: Rows, *ours: Rows) -> str:
    """Published figures and the variants of sweeps: means in percent ± 95 % t interval over seeds, n seeds.

    One run alone has its own interval, over test sentences.
    """
    metrics = [name for name in published[0] if name not in ("method", "source")]
    lines = [[f"{row['method']} ({row['source']})", *(row[name] or "–" for name in metrics), ""] for row in published]
    for rows in ours:
        columns = list(rows[0]) if rows else []
        settings = columns[1 : columns.index("seed")] if rows else []
        runs: dict[str, Rows] = {}
        for row in (row for row in rows if row["status"] == "done"):
            said = (f"{name.rpartition('.')[2]} {row[name]}" if "." in name else row[name] for name in settings)
            runs.setdefault(", ".join(["**ours**", *said]), Rows()).append(row)
        lines += [
            [label, *(_with_interval(of, f"test/{name}") for name in metrics), str(len(of))]
            for label, of in runs.items()
        ]
    return markdown(["", *(name.replace("_", " ") for name in metrics), "n"], lines)


def senses(published: Rows, ours: Rows, chosen_by_first: bool = False) -> str:
    """Published figures and the variants of a sweep: means over seeds, ± 95 % t interval; fractions in percent.

    With ``chosen_by_first`` the first metric chooses among the variants, and the best alone shows the others, but for
    how many senses there are.
    """
    metrics = [name for name in published[0] if name not in ("method", "source")]
    lines = [[f"{row['method']} ({row['source']})", *(row[name] or "–" for name in metrics), ""] for row in published]
    done = [row for row in ours if row["status"] == "done"]
    keys = [key for key in (ours[0] if ours else {}) if key.startswith("model.")]
    variants: dict[tuple[str, ...], Rows] = {}
    for row in done:
        variants.setdefault(tuple(row[key] for key in keys), []).append(row)

    def values(rows: Rows, name: str) -> np.ndarray:
        return np.array([float(row[f"test/{name}"]) for row in rows])

    best = max(variants, key=lambda variant: values(variants[variant], metrics[0]).mean(), default=None)
    for variant, rows in sorted(variants.items()):
        cells = []
        for name in metrics:
            x = values(rows, name) if name.endswith("_senses") else 100 * values(rows, name)
            half = half_width(x) if len(x) > 1 else None
            shown = not chosen_by_first or variant == best or name == metrics[0] or name.endswith("_senses")
            cells.append((f"{x.mean():.1f}" + (f" ± {half:.1f}" if half is not None else "")) if shown else "")
        settings = (f"{key.removeprefix('model.')} {value}" for key, value in zip(keys, variant, strict=True))
        lines.append([", ".join(["**ours**", *settings]), *cells, str(len(rows))])
    return markdown(["", *(name.replace("_", " ").replace(" ari weighted", " ARI") for name in metrics), "n"], lines)


def perplexities(published: Rows, *files: Rows) -> str:
    """Published test perplexities, worst first, and ours beside them: means over n seeds ± 95 % t interval."""
    ours: dict[str, list[float]] = {}
    for rows in files:
        for row in (row for row in rows if row["status"] == "done"):
            ours.setdefault(_settings(row) or rows.name, []).append(float(row["test/perplexity"]))
    lines = []
    for row in sorted(published, key=lambda row: -float(row["perplexity"])):
        x = np.array(ours.get(row["ours"], []))
        half = half_width(x) if len(x) > 1 else None
        text = "not run" if not len(x) else f"**{x.mean():.1f}**" + (f" ± {half:.1f}" if half is not None else "")
        lines.append([f"{row['method']} ({row['source']})", row["perplexity"], text, str(len(x))])
    return markdown(["", "published", "ours", "n"], lines)


def characters(rows: Rows) -> str:
    """Each model at the setting with the lowest validation loss: means ± 95 % t interval over n seeds, best last."""
    of: dict[str, dict[str, Rows]] = {}
    for row in rows:
        of.setdefault(row["model"], {}).setdefault(row["setting"], Rows()).append(row)

    def values(runs: Rows, name: str) -> np.ndarray:
        return np.array([float(row[name]) for row in runs])

    def cell(runs: Rows, name: str) -> str:
        x = values(runs, name)
        half = half_width(x) if len(x) > 1 else None
        return f"{x.mean():.3f}" + (f" ± {half:.3f}" if half is not None else "")

    lines = []
    for model, settings in of.items():
        setting, runs = min(settings.items(), key=lambda item: values(item[1], "val/loss")[0])  # of the first seed
        weights = f"{int(runs[0]['weights']):,}" if runs[0]["weights"] else "–"
        cells = [cell(runs, f"{split}/{name}") for split in ("val", "test") for name in ("loss", "bits_per_character")]
        minutes = f"{values(runs, 'seconds').mean() / 60:.1f}"
        lines.append([model.replace("_", " "), setting, weights, *cells, minutes, str(len(runs))])
    lines.sort(key=lambda line: -float(line[3].split()[0]))
    head = ["", "chosen", "weights", "validation, nats", "bits", "test, nats", "bits", "minutes", "n"]
    return markdown(head, lines)


def _settings(row: dict[str, str]) -> str:
    """What a job of a sweep set, as ``katz, order 3``."""
    keys = [key for key in list(row)[: list(row).index("seed")] if key != "job"]
    return ", ".join(f"{key.rpartition('.')[2]} {row[key]}" if "." in key else row[key] for key in keys if row[key])


def smoothings(rows: Rows) -> str:
    """Test perplexities of n-gram models by smoothing and order, the smoothing with the best of all last."""
    of = {(row["model/smoothing"], int(row["model.order"])): float(row["test/perplexity"]) for row in rows}
    orders = sorted({order for _, order in of})
    best = {name: min(of[name, order] for order in orders) for name, _ in of}
    lines = [[name, *(f"{of[name, order]:.1f}" for order in orders)] for name in sorted(best, key=lambda n: -best[n])]
    return markdown(["", *(f"order {order}" for order in orders)], lines)


def gradient_reach(rows: Rows) -> str:
    """Networks: what they learned, and over how many characters their gradients fall to a hundredth."""
    lines = [
        [row["network"], f"{int(row['weights']):,}", row["validation_loss"], row["reach_start"], row["reach_trained"]]
        for row in rows
    ]
    return markdown(["", "weights", "validation loss, nats", "reach at the start", "reach when trained"], lines)


def agreement(rows: Rows) -> str:
    """Shares of agreeing answers in percent by probe and distance, a column for each model."""
    models = dict.fromkeys(row["model"] for row in rows)
    found = {(row["probe"], row["distance"], row["model"]): row for row in rows}
    lines = []
    for probe, distance in dict.fromkeys((row["probe"], row["distance"]) for row in rows):
        cells = []
        for model in models:
            row = found.get((probe, distance, model))
            half = (float(row["high"]) - float(row["low"])) / 2 if row and row["low"] else None
            cells.append("–" if row is None else percent(row["accuracy"]) + (f" ± {percent(half)}" if half else ""))
        lines.append([f"{probe}, {distance}", *cells])
    return markdown(["probe, distance", *models], lines)


KINDS: dict[str, Callable[..., str]] = {
    "speed": speed,
    "words": words,
    "equal_quality": equal_quality,
    "word_runs": word_runs,
    "word_scale": word_scale,
    "ngram_speed": ngram_speed,
    "ngram_memory": ngram_memory,
    "language_speed": language_speed,
    "gradient_reach": gradient_reach,
    "characters": characters,
    "agreement": agreement,
    "frame": frame,
    "sweep": sweep,
    "beside": beside,
    "faces": faces,
    "chaos": chaos,
    "word_quality": word_quality,
    "perplexities": perplexities,
    "smoothings": smoothings,
    "tagging": tagging,
    "senses": senses,
    "senses_chosen": partial(senses, chosen_by_first=True),
}


def filled(text: str) -> str:
    def fill(match: re.Match[str]) -> str:
        files = [read(ROOT / name) for name in match["files"].split()]
        return f"{match[1]}{KINDS[match['kind']](*files)}{match[4]}"

    return BLOCK.sub(fill, text)


def main(check: bool) -> int:
    stale = []
    for page in sorted([*ROOT.glob("experiments/**/*.md"), *ROOT.glob("benchmarks/*.md")]):
        text = page.read_text()
        new = filled(text)
        if new != text:
            stale.append(page.relative_to(ROOT))
            if not check:
                page.write_text(new)
    print(*(f"{page}: {'out of date' if check else 'written'}" for page in stale), sep="\n")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
