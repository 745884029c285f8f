import pytest

from embedlab.report.comparison import Comparison
from embedlab.report.layout import columns, error_line, format_bytes, format_p, format_seconds, legend, verdict
from embedlab.report.metrics import describe
from embedlab.report.table import BEST, Cell, Row, Table

RECALL = describe("test/recall_at_1")


def row(number: int, comparison: Comparison | None = None, **states: int) -> Row:
    cells = {RECALL.key: Cell((0.9, 0.91), 0.01)}
    return Row(f"v{number}", number, states or {"done": 2}, cells, {"time": Cell((60.0,), None)}, comparison)


def table(*rows: Row, repeats: str = "seeds") -> Table:
    return Table("loss", (RECALL,), rows, RECALL, 0, repeats)


def beside(found: Table) -> list[str]:
    (column,) = (column for column in columns(found) if not column.number)
    return [column.entry(row).line for row in found.rows]


def test_each_variant_beside_the_best_in_words() -> None:
    found = table(
        row(0), row(1, Comparison(3, 0.1, 0.0123)), row(2, Comparison(3, 0.01, 0.31)),
        row(3, Comparison(1, 0.1, None)), row(4, Comparison(3, -0.01, 0.01)), row(5),
    )  # fmt: skip
    assert beside(found) == [
        "the best", "worse, p = 0.012", "not distinguishable, p = 0.31", "too few shared seeds (1)",
        "better on the shared ones, p = 0.01", "–",
    ]  # fmt: skip
    assert verdict(found) == (
        "v0 has the best mean Recall@1. Worse than it: v1 (p = 0.012). "
        "Not distinguishable from it: v2 (p = 0.31); v4 (p = 0.01). "
        "Fewer than two seeds shared with it, so nothing can be said: v3. "
        "(Paired t test over shared seeds, Holm-corrected.)"
    )


def test_of_many_variants_the_words_count() -> None:
    others = [row(n, Comparison(3, 0.1, 0.0001 * n)) for n in range(1, 10)]
    assert "Worse than it: 9 variants (highest p < 0.001)." in verdict(table(row(0), *others))


def test_nothing_is_said_without_shared_replicates() -> None:
    found = table(row(0), row(1, Comparison(1, 0.1, None)), repeats="folds")
    assert verdict(found) == (
        "v0 has the best mean Recall@1. Nothing can be said of its lead: no other variant shares two folds with it."
    )
    assert all(column.number for column in columns(found))
    assert verdict(table(row(0))) == ""


def test_legend_says_where_the_intervals_come_from() -> None:
    assert legend(table(row(0), row(1))).startswith("Mean ± 95 % t interval over seeds, in percent. Bold: ahead")
    assert legend(table(row(0, done=1))) == (
        "Value ± 95 % interval over test samples, in percent. Time: mean of a run. n: finished runs of those begun."
    )


def test_jobs_are_counted_by_state() -> None:
    jobs = columns(table(row(0)))[-1]
    assert jobs.entry(row(0, done=3)).line == "3/3"
    assert jobs.entry(row(0, done=1, running=2, failed=1)).line == "1/4 (1 failed, 2 running)"


def test_best_cell_carries_its_mark() -> None:
    best = Row("a", 0, {"done": 2}, {RECALL.key: Cell((0.5, 0.7), 0.1, BEST)}, {})
    shown = [column.entry(best) for column in columns(table(best))]
    assert (shown[0].line, shown[0].mark, shown[0].order) == ("60.0 ± 10.0", BEST, pytest.approx(0.6))
    assert shown[1].line == "–"


@pytest.mark.parametrize(("seconds", "text"), [(48.4, "48 s"), (720, "12 min"), (12000, "3 h 20 min")])
def test_format_seconds(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(820 * 2**20, "820 MiB"), (1.26 * 2**30, "1.3 GiB")])
def test_format_bytes(count: float, text: str) -> None:
    assert format_bytes(count) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "p < 0.001"), (0.00123, "p = 0.0012"), (0.312, "p = 0.31"), (0.999, "p = 1")]
)
def test_format_p(p: float, text: str) -> None:
    assert format_p(p) == text


def test_errors_take_one_line() -> None:
    assert error_line("a\n  b") == "a b"
    assert error_line(None) == "no error was recorded"
    assert len(error_line("x" * 1000)) == 300
