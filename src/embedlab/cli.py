"""The front door: `embedlab COMMAND …`."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from embedlab import __version__
from embedlab.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console

DESCRIPTION = """\
embedlab trains, compares and uses embeddings.

  embedlab train experiment=omniglot                      one run
  embedlab train -m experiment=omniglot loss=triplet,arcface seed=1,2
                                                          a sweep, with its table and page
  embedlab list losses                                    what there is to choose from
  embedlab train experiment=word2vec data.path=text.txt   word vectors of your own text
  embedlab neighbors vectors.bin currency                 what they, or those of a file, know of a word
  embedlab generate RUN --prompt 'To be'                  text by a language model
  embedlab tag RUN 'The dog barks.'                       the tag of each word
  embedlab classify RUN 'A lovely film.'                  the class of a text
"""

MODEL_FORMATS = ("safetensors", "onnx", "projector", "arpa")
WORD_FORMATS = ("word2vec", "word2vec-bin", "fasttext", "glove", "npz")  # and safetensors, projector


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 when all went well, 1 when a job failed, 2 when the user's input was wrong.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # the user's own classes, beside their own configs
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach us whole; what the user sees of them is said here
    try:
        if arguments[:1] == ["train"]:
            return _train(arguments[1:])  # its arguments are Hydra's
        options = _parsed(arguments)
        return int(options.command(options) or 0)
    except BadInput as error:
        if debug:
            raise
        print(f"embedlab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("embedlab: interrupted", file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:
        from embedlab.running.disk import refused

        line = refused(error)
        if debug or line is None:
            raise
        print(f"embedlab: {line}", file=sys.stderr)
        return 2


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    # argparse ends a list of words at the first option; `resume RUN --allow PACKAGE key=value` goes on after it.
    words = next((getattr(options, name) for name in ("overrides", "texts") if hasattr(options, name)), None)
    if rest and (words is None or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if words is not None:
        words += rest
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "embedlab", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="--debug with any command shows the traceback of an error.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"embedlab {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int | None], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(command=run)
        return added

    def with_run(added: argparse.ArgumentParser, or_else: str = "") -> argparse.ArgumentParser:
        added.add_argument("run", metavar="RUN", help=f"a run directory, or a checkpoint in it{or_else}")
        added.add_argument(
            "--allow", action="append", default=[], metavar="PACKAGE",
            help="let the run's config name classes of this package",
        )  # fmt: skip
        return added

    command(
        "train",
        lambda o: 0,
        "train one run, or with -m a sweep; key=value overrides, see `embedlab train --help`",
    )

    added = with_run(command("resume", _resume, "go on with a run that was cut off, exactly where it stood"))
    added.add_argument("overrides", nargs="*", metavar="key=value", help="changes, as trainer.max_epochs=20")

    added = with_run(
        command("evaluate", _evaluate, "test a trained run by a protocol, or word vectors on sets of word tests"),
        "; of word vectors a file too",
    )
    added.add_argument(
        "overrides", nargs="*", metavar="key=value|SET",
        help="of a run, e.g. evaluation=few_shot; of word vectors, tests: ws353, google_analogies or a file of your "
        "own (none: all that are found below EMBEDLAB_DATA)",
    )  # fmt: skip

    added = with_run(command("verify", _verify, "are two images of one class? by the run's own threshold"))
    added.add_argument("first", metavar="A.png")
    added.add_argument("second", metavar="B.png")

    added = with_run(command("search", _search, "the run's test images nearest to an image"))
    added.add_argument("image", metavar="IMAGE")
    added.add_argument("-k", type=int, default=10, help="how many (default 10)")

    added = with_run(
        command("export", _export, "write the model, its embeddings or word vectors in the format of other tools"),
        "; of word vectors a file too",
    )
    added.add_argument(
        "--format", choices=[*MODEL_FORMATS, *WORD_FORMATS],
        help="of a model: safetensors, onnx, projector (TensorBoard's), of n-grams arpa; of word vectors: word2vec and "
        "glove (text), word2vec-bin, fasttext (.bin), npz, safetensors, projector",
    )  # fmt: skip
    added.add_argument(
        "--to", metavar="FILE",
        help="of word vectors and n-grams: where to; of vectors its ending says the format if none is named: .txt and "
        ".vec are word2vec's text, .bin is fastText with subwords and word2vec's binary without, .npz, .safetensors "
        "(default: beside the vectors, or in the run's exports/)",
    )  # fmt: skip

    def with_vectors(added: argparse.ArgumentParser) -> argparse.ArgumentParser:
        added.add_argument(
            "vectors", metavar="VECTORS",
            help="a run of word vectors, or a file: word2vec's, GloVe's, fastText's, .npz, .safetensors",
        )  # fmt: skip
        return added

    added = with_vectors(command("neighbors", _neighbors, "the words nearest to a word, or to several words together"))
    added.add_argument("words", nargs="+", metavar="WORD", help="currency; of several the sum: czech currency")
    added.add_argument("-k", type=int, default=10, help="how many (default 10)")

    added = with_vectors(command("senses", _senses, "the senses of a word and their probabilities, also in a text"))
    added.add_argument("word", metavar="WORD")
    added.add_argument("text", nargs="?", metavar="TEXT", help="words around it, as 'fresh apple juice for breakfast'")
    added.add_argument("-k", type=int, default=5, help="how many neighbours of each sense (default 5)")

    added = with_vectors(command("analogy", _analogy, "A is to B as C is to what? man king woman: queen"))
    for name, help in (("a", "man"), ("b", "king"), ("c", "woman")):
        added.add_argument(name, metavar=name.upper(), help=f"a word, e.g. {help}")
    added.add_argument("-k", type=int, default=10, help="how many answers (default 10)")
    added.add_argument("--cosmul", action="store_true", help="by 3CosMul, products of cosines, not 3CosAdd, sums")

    added = with_vectors(command("similarity", _similarity, "how alike two words are: the cosine of their vectors"))
    added.add_argument("a", metavar="A", help="a word")
    added.add_argument("b", metavar="B", help="another")

    added = with_run(command("generate", _generate, "text by a trained language model, token by token"))
    added.add_argument("--prompt", default="", metavar="TEXT", help="what the text goes on from (default: nothing)")
    added.add_argument(
        "--length", type=int, default=500, metavar="N", help="tokens to write, characters or words (default 500)"
    )
    added.add_argument(
        "--beam", type=int, metavar="K",
        help="draw nothing: write the most probable text that keeping K at a time finds",
    )  # fmt: skip
    added.add_argument(
        "--temperature", type=float, metavar="T",
        help="above 0; below 1 what is likely becomes likelier (default 1)",
    )  # fmt: skip
    added.add_argument("--top-k", type=int, metavar="K", help="draw among the K most probable tokens only")
    added.add_argument(
        "--top-p", type=float, metavar="P",
        help="draw among the fewest of the most probable tokens that have probability P together (default 1: all)",
    )  # fmt: skip
    added.add_argument("--seed", type=int, metavar="S", help="the same one writes the same (default 1)")

    added = with_run(command("tag", _tag, "a text by a trained tagger: its words, and under each its tag"))
    added.add_argument("texts", nargs="*", metavar="TEXT", help="a sentence (default: each line of standard input)")

    added = with_run(
        command("classify", _classify, "the class of texts by a trained classifier, and how probable it is")
    )
    added.add_argument("texts", nargs="*", metavar="TEXT", help="(default: each line of standard input)")
    added.add_argument("--file", type=Path, metavar="FILE", help="classify each line of a file")

    added = command("sweep", _sweep, "how far a sweep is, and going on with one that was cut off")
    added.add_argument("directory", metavar="SWEEP_DIR")
    added.add_argument("--status", action="store_true", help="a line for each job (what it does without options)")
    added.add_argument("--resume", action="store_true", help="run what was not started, go on with what was cut off")
    added.add_argument("--retry-failed", action="store_true", help="the same, and run the failed jobs again")
    added.add_argument("--dry-run", action="store_true", help="say what it would run, and run nothing")

    added = command("report", _report, "make results.csv, figures and report.html of a run or a sweep")
    added.add_argument("directory", metavar="DIR")
    added.add_argument(
        "--metric", metavar="NAME",
        help="compare variants by this test metric, e.g. recall_at_1 (default: the one that chose the best epochs)",
    )  # fmt: skip

    added = command("dashboard", _dashboard, "learning curves of a run or a sweep in the browser, also while it runs")
    added.add_argument("directory", metavar="DIR")
    added.add_argument("--port", type=int, default=6006, help="of 127.0.0.1 (default 6006)")

    added = command("sync", _sync, "send offline runs of Weights & Biases, or say how")
    added.add_argument("directory", metavar="DIR")
    added.add_argument("--dry-run", action="store_true", help="say what it would send, and send nothing")

    added = command("list", _list, "what there is, a line each")
    added.add_argument("what", nargs="?", metavar="losses|miners|models|data|experiments|…")
    return parser


def _train(arguments: list[str]) -> int:
    from embedlab.running.compose import train_command

    outcome = train_command(arguments)
    if outcome.directory is None:  # --help, --cfg and the like ran no job
        return 0
    _finish(outcome.directory)
    for path, error in outcome.failed.items():
        print(f"embedlab: {path.name} failed: {' '.join(error.split())[:300]}", file=sys.stderr)
    return 1 if outcome.failed else 0


def _sweep(options: argparse.Namespace) -> int:
    from embedlab.running.sweepdir import SweepDir

    sweep = SweepDir(Path(options.directory))
    pending = [job.number for job in sweep.pending(options.retry_failed)]
    if options.dry_run or not (options.resume or options.retry_failed):
        from embedlab.running.sweep_tables import status_table

        _console().print(status_table(sweep.rows(), pending if options.dry_run else ()))
        return 0
    if not pending and not sweep.grows:
        print(f"{sweep.path}: nothing left to run")
        _finish(sweep.path)  # whoever killed the sweep may have done so before its table
        return 0
    from embedlab.running.sweeping import go_on  # Hydra

    return _train(go_on(sweep, options.retry_failed))


def _finish(directory: Path, metric: str | None = None) -> None:
    """The last lines of a run or sweep: its table, and where the page lies."""
    from embedlab.report import build_report

    console = _console()
    report = build_report(directory, metric)
    console.print(report.terminal_table)
    console.print(f"Report: {report.page}", soft_wrap=True, highlight=False)


def _console() -> "Console":
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 160  # a file wraps nothing
    return console


def _resume(options: argparse.Namespace) -> int:
    from embedlab.running.launch import launch
    from embedlab.running.nodes import node_rank
    from embedlab.running.saved import resume

    config, run = resume(options.run, options.overrides, options.allow)
    launch(config, run, run.overrides())
    if node_rank(config) == 0:
        _finish(run.path)
    return 0


def _evaluate(options: argparse.Namespace) -> None:
    from embedlab.apps.words import open_vectors, vectors_file
    from embedlab.report.terminal import estimates_table

    tests = bool(options.overrides) and not any("=" in word for word in options.overrides)
    if (file := vectors_file(options.run)) and (tests or file == Path(options.run)):
        from embedlab.data.word_sets import read_word_sets
        from embedlab.evaluation.words import evaluate_words

        sets = read_word_sets(options.overrides, os.environ.get("EMBEDLAB_DATA", "data"))
        _console().print(estimates_table(evaluate_words(open_vectors(options.run), sets)))
        return
    from embedlab.running.saved import evaluate

    _console().print(estimates_table(evaluate(options.run, options.overrides, options.allow)))


def _verify(options: argparse.Namespace) -> None:
    from embedlab.apps.compare import verify
    from embedlab.running.saved import evaluation_arrays, open_run

    saved = open_run(options.run, allow=options.allow)
    threshold = evaluation_arrays(saved.run, "threshold")["threshold"]
    first, second = saved.data.read(options.first), saved.data.read(options.second)
    verdict = verify(saved.task.model, first, second, float(threshold), saved.distance("verification"))
    sign = "≤" if verdict.same else ">"
    print(f"{'same' if verdict.same else 'different'}: distance {verdict.distance:.4g} {sign} {verdict.threshold:.4g}")


def _search(options: argparse.Namespace) -> None:
    from embedlab.apps.compare import nearest
    from embedlab.running.saved import evaluation_arrays, open_run

    k = _at_least_one(options.k)
    saved = open_run(options.run, allow=options.allow)
    arrays = evaluation_arrays(saved.run, "embeddings", "labels", "class_names")
    names = arrays["class_names"][arrays["labels"]].tolist()
    found = nearest(
        saved.task.model, saved.data.read(options.image), arrays["embeddings"], names, k,
        saved.distance("retrieval"),
    )  # fmt: skip
    for row, name, distance in found:
        print(f"{distance:10.4g}  {name}  (test image {row})")


def _at_least_one(k: int) -> int:
    if k < 1:
        raise BadInput(f"-k {k}: a search finds at least one neighbour")
    return k


def _export(options: argparse.Namespace) -> None:
    from embedlab.apps.words import export_vectors, vectors_file

    if options.format == "arpa":
        _export_arpa(options)
        return
    if vectors_file(options.run) or options.to or options.format in WORD_FORMATS:
        print(export_vectors(options.run, options.to, options.format))
        return
    if options.format is None:
        raise BadInput(f"--format: say which, {', '.join(MODEL_FORMATS)}")
    from embedlab.apps import export
    from embedlab.running.saved import evaluation_arrays, open_run

    saved = open_run(options.run, allow=options.allow)
    directory = saved.run.path / "exports"
    directory.mkdir(exist_ok=True)
    if options.format == "safetensors":
        path = export.export_safetensors(saved.task.model, directory, saved.run.config())
    elif options.format == "onnx":
        if not hasattr(saved.data, "input_shape"):
            raise BadInput("onnx: for networks that see images, not for those of text and not for tables of words")
        path = export.export_onnx(saved.task.model, directory, saved.data.input_shape)
    else:
        arrays = evaluation_arrays(saved.run, "embeddings", "labels", "class_names", "thumbnail_rows", "thumbnails")
        rows = arrays["thumbnail_rows"]
        names = arrays["class_names"][arrays["labels"][rows]].tolist()
        path = export.export_projector(arrays["embeddings"][rows], names, arrays["thumbnails"], directory / "projector")
    print(path)


def _export_arpa(options: argparse.Namespace) -> None:
    from embedlab.apps.export import export_arpa
    from embedlab.running.rundir import find_run
    from embedlab.running.saved import open_task

    task = open_task(options.run, options.allow).task
    path = Path(options.to) if options.to else find_run(options.run)[0].path / "exports" / "model.arpa"
    print(export_arpa(task.model, task.words, path))


def _neighbors(options: argparse.Namespace) -> None:
    from embedlab.apps.words import open_vectors
    from embedlab.vectors import SenseVectors

    vectors, k = open_vectors(options.vectors), _at_least_one(options.k)
    if isinstance(vectors, SenseVectors) and options.words[0] in vectors.by_sense.key_to_index:
        vectors = vectors.by_sense  # "apple (2)" is one sense
    if not isinstance(vectors, SenseVectors) or len(options.words) > 1 or options.words[0] not in vectors.key_to_index:
        _print_words(vectors.most_similar(options.words, topn=k))
        return
    for sense, probability in vectors.senses_of(options.words[0]).items():
        print(f"{sense}: {probability:.4f}")
        _print_words(vectors.by_sense.most_similar(sense, topn=k))


def _senses(options: argparse.Namespace) -> None:
    from embedlab.apps.words import open_senses

    vectors, k = open_senses(options.vectors), _at_least_one(options.k)
    vectors.senses_of(options.word)  # which says so if the word is unknown, before anything is said of the text
    context = None if options.text is None else _tokenizer(options.vectors)(options.text)
    if context is not None and not any(word != options.word and word in vectors.key_to_index for word in context):
        raise BadInput(f"'{options.text}': none of the words around {options.word!r} is known")
    for sense, probability in vectors.senses_of(options.word, context).items():
        near = ", ".join(name for name, _ in vectors.by_sense.most_similar(sense, topn=k))
        print(f"{probability:10.4f}  {sense}: {near}")


def _tokenizer(vectors: str) -> Callable[[str], Sequence[str]]:
    """How the text of a run was split into words; of a file this is not known, and words in lower case are taken."""
    config = Path(vectors) / "config.yaml"
    if not config.is_file():
        from embedlab.text import Words

        return Words()
    import yaml
    from hydra.utils import instantiate

    from embedlab.running.trust import check_targets

    node = yaml.safe_load(config.read_text())["data"]["tokenizer"]
    check_targets(node)
    tokenizer: Callable[[str], Sequence[str]] = instantiate(node)
    return tokenizer


def _analogy(options: argparse.Namespace) -> None:
    from embedlab.apps.words import open_vectors

    vectors, k = open_vectors(options.vectors), _at_least_one(options.k)
    _print_words(vectors.analogy(options.a, options.b, options.c, k, options.cosmul))


def _similarity(options: argparse.Namespace) -> None:
    from embedlab.apps.words import open_vectors

    print(f"{open_vectors(options.vectors).similarity(options.a, options.b):.4f}")


def _print_words(found: list[tuple[str, float]]) -> None:
    for word, score in found:
        print(f"{score:10.4f}  {word}")


def _generate(options: argparse.Namespace) -> None:
    from embedlab.apps.language import generate, most_probable
    from embedlab.running.saved import open_task
    from embedlab.text import Sampling

    chance = {name: getattr(options, name) for name in ("temperature", "top_k", "top_p", "seed")}
    chance = {name: value for name, value in chance.items() if value is not None}
    if options.beam is not None and chance:
        given = ", ".join(f"--{name.replace('_', '-')}" for name in chance)
        raise BadInput(f"--beam {options.beam}: it leaves nothing to chance; leave out {given}, or --beam")
    seed = chance.pop("seed", 1)
    sampling = Sampling(**chance)
    saved = open_task(options.run, options.allow)
    asked = saved.task.next_token, saved.task.words, saved.tokenizer, options.prompt, options.length
    if options.beam is not None:
        pieces = iter([most_probable(*asked, options.beam)])
    else:
        pieces = generate(*asked, sampling, seed)
    between = saved.tokenizer.written("") if options.prompt[-1:].strip() else ""  # words, a space; characters, nothing
    print(options.prompt, end=between, flush=True)
    for piece in pieces:
        print(piece, end="", flush=True)
    print()


def _tag(options: argparse.Namespace) -> None:
    import shutil

    from embedlab.apps.tagging import aligned, tag_texts
    from embedlab.running.saved import open_task

    saved = open_task(options.run, options.allow, able="tag")
    texts = options.texts or _standard_input().splitlines()
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 160
    for number, (words, tags) in enumerate(tag_texts(saved.task.tag, saved.tokenizer, texts)):
        print("\n" * bool(number) + aligned(words, tags, width), flush=True)


def _classify(options: argparse.Namespace) -> None:
    from embedlab.apps.classification import classify_texts
    from embedlab.running.saved import open_task

    saved = open_task(options.run, options.allow, able="classify")
    texts = options.texts
    if options.file:
        try:
            texts = [*texts, *_decoded(options.file.read_bytes(), str(options.file)).splitlines()]
        except FileNotFoundError:
            raise BadInput(f"--file {options.file}: no such file") from None
    elif not texts:
        texts = _standard_input().splitlines()
    task, split = saved.task, saved.tokenizer or str.split
    texts = [text for text in texts if text.strip() or options.texts]
    for verdict in classify_texts(task.classify, task.classes, task.words, split, texts, saved.config.data.max_words):
        print(f"{verdict.label}\t{verdict.probability:.3f}\t{verdict.text}", flush=True)


def _standard_input() -> str:
    return _decoded(sys.stdin.buffer.read(), "standard input")


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: not UTF-8 text (at byte {error.start})") from None


def _report(options: argparse.Namespace) -> None:
    _finish(Path(options.directory), options.metric)


def _dashboard(options: argparse.Namespace) -> int:
    from embedlab.running.dashboard import serve

    return serve(Path(options.directory), options.port)


def _sync(options: argparse.Namespace) -> int:
    from embedlab.running.sync import sync

    return sync(Path(options.directory), options.dry_run)


def _list(options: argparse.Namespace) -> None:
    from embedlab.running.catalog import gloss, group_of, names

    for group in [group_of(options.what)] if options.what else ["experiment", "loss", "miner", "model", "data"]:
        print(f"{group}:")
        for name in names(group):
            print(f"  {name:22}{gloss(group, name)}")
    if not options.what:
        rest = sorted(set(names("groups")) - {"experiment", "loss", "miner", "model", "data"})
        print(f"More of any kind: embedlab list {' | '.join(rest)} | smoothings")


if __name__ == "__main__":
    sys.exit(main())
