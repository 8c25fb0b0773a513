"""Tables and sentences about what was measured, apart from runs.

That is what `catdog bench`, `catdog measure` and `catdog export --measure` print,
and what pages tell of them.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from catdog.evaluation import wilson
from catdog.report.markdown import Markdown, table
from catdog.report.measurements import (
    DRAWN,
    PHOTOGRAPHS,
    TEST,
    ratios,
    read_bench,
    read_exports,
)
from catdog.report.sentences import count_noun, cpu_cores
from catdog.settings import EPOCHS

# What a reader calls each quantization of `catdog.export`.
QUANTIZATION_WORDS = {
    "none": "float32",
    "float16": "float16",
    "dynamic": "dynamic range",
    "int8": "int8",
}


def bench_table(measured: Mapping[str, Any]) -> Markdown:
    """Return what `catdog bench` measured: each way, and how it compares.

    Ratios are taken within each round: their median, and their range.
    """
    epoch, transfer = measured["epoch"], measured["transfer"]
    pipeline, forward = measured["pipeline"], measured["forward"]
    # What older measurements lack.
    known = transfer.get("ours, features known")
    two_runs = measured.get("two_runs", {})
    usual_epochs = [s * EPOCHS for s in transfer["usual, an epoch"]]
    usual, ours = "model1, usual pipeline", "model1, our pipeline"
    plain = "plain network, our pipeline"
    rows = [
        *(
            _bench_row(f"epoch of {way}", seconds, epoch[usual], "s")
            for way, seconds in epoch.items()
            if way != plain
        ),
        _bench_row("epoch of a plain network", epoch[plain], None, "s"),
        _bench_row(
            "epoch of model1, beside it", epoch[ours], epoch[plain], "s"
        ),
        _bench_row(
            f"{EPOCHS} epochs of model4, usual", usual_epochs, None, "s"
        ),
        _bench_row(
            f"{EPOCHS} epochs of model4, ours",
            transfer["ours, all epochs"],
            usual_epochs,
            "s",
        ),
        *(
            [_bench_row("the same, features known", known, usual_epochs, "s")]
            if known
            else []
        ),
        *(
            _bench_row(
                f"pipeline: {way}",
                values,
                pipeline[f"usual, {way.split(', ')[1]}"],
                "MiB" if way.endswith("MiB") else "images a second",
            )
            for way, values in pipeline.items()
        ),
        *_scale_rows(measured.get("scale", {})),
        *(
            _bench_row(
                f"two runs, {way}", seconds, two_runs["one after another"], "s"
            )
            for way, seconds in two_runs.items()
        ),
        _bench_row(
            "matrix product",
            forward["matrix product"],
            None,
            "billion a second",
        ),
        _bench_row(
            "model4 at work",
            forward["model4"],
            forward["matrix product"],
            "billion a second",
        ),
    ]
    header = [
        "what",
        f"median of {measured['rounds']} rounds",
        "ratio: median (range)",
    ]
    return table(header, rows)


def _scale_rows(scale: Mapping[str, Any]) -> list[list[str]]:
    """Return what most images cost, if that was measured."""
    return [
        _bench_row(
            f"{scale['images'][-1]:,} drawings, {len(costs[what][-1])} rounds: "
            f"{way}, {what}",
            costs[what][-1],
            scale["usual"][what][-1],
            {"seconds": "s"}.get(what, what),
        )
        for what in ("seconds", "MiB")
        for way, costs in scale.items()
        if way != "images"
    ]


def _bench_row(
    what: str, values: Sequence[float], rival: Sequence[float] | None, unit: str
) -> list[str]:
    middle = f"{statistics.median(values):,.1f} {unit}"
    if rival is None or rival == values or not all(rival):
        return [what, middle, ""]
    ratio, low, high = ratios(values, rival)
    return [what, middle, f"{ratio:.2f} ({low:.2f} to {high:.2f})"]


def speed(comparison: str) -> Markdown:
    """Return what `catdog bench` measured, in a sentence; empty if nothing.

    Args:
        comparison: `"epoch"` or `"transfer"`.
    """
    bench = read_bench()
    if not bench:
        return Markdown("")
    if comparison == "epoch":
        what = "an epoch of `model1` takes"
        rival = "if every image is decoded in every epoch"
        usual = bench["epoch"]["model1, usual pipeline"]
        ours = bench["epoch"]["model1, our pipeline"]
    else:
        what = f"{EPOCHS} epochs of `model4` take"
        rival = "if every image passes all layers in every epoch"
        usual = [s * EPOCHS for s in bench["transfer"]["usual, an epoch"]]
        ours = bench["transfer"]["ours, all epochs"]
    middle, low, high = ratios(ours, usual)
    return Markdown(
        "Measured with `catdog bench` on the tutorial's own images and "
        f"{cpu_cores(bench['environment'])}, in "
        f"{bench['rounds']} rounds: {what} {statistics.median(ours):.0f} s this "
        f"way, and {statistics.median(usual):.0f} s {rival} (medians). "
        f"{_times(middle, low, high)}"
    )


def _times(ratio: float, low: float, high: float) -> str:
    """Return what a ratio of times means: a ratio of 0.25 is 4 times as fast."""
    if ratio > 1:
        return (
            f"That is {ratio:.1f} times as long ({low:.1f} to {high:.1f} within "
            "a round)."
        )
    return (
        f"That is {1 / ratio:.1f} times as fast ({1 / high:.1f} to "
        f"{1 / low:.1f} within a round)."
    )


def bounds() -> Markdown:
    """Return what bounds the measured times, in sentences; empty if unknown."""
    bench = read_bench()
    if "model1, no pipeline" not in bench.get("epoch", {}):
        return Markdown("")
    epoch, two_runs = bench["epoch"], bench["two_runs"]
    bound = epoch["model1, no pipeline"]
    longer, low, high = ratios(epoch["model1, our pipeline"], bound)
    share, *_ = ratios(two_runs["side by side"], two_runs["one after another"])
    half = statistics.median(two_runs["one of them on half of the cores"])
    return Markdown(
        "Arithmetic bounds these times. With one batch again and again, and no "
        "pipeline at all, an epoch of `model1` takes "
        f"{statistics.median(bound):.1f} s; with our pipeline, it takes "
        f"{longer:.2f} times as long ({low:.2f} to {high:.2f} within a round). "
        f"Two runs side by side take {share:.2f} of the time of two runs in a "
        "row. Half of the time is out of reach, because TensorFlow already "
        "spreads a single run over all cores: with half of them to itself, one "
        f"run takes {half:.0f} s."
    )


def pipeline_costs() -> Markdown:
    """Return what the pipelines alone take, in a sentence; empty if unknown."""
    measured = read_bench().get("pipeline")
    if not measured:
        return Markdown("")

    def tell(way: str) -> str:
        first, later, memory = (
            statistics.median(measured[f"{way}, {what}"])
            for what in ("first epoch", "later epochs", "MiB")
        )
        return (
            f"{first:,.0f} images a second in the first epoch, {later:,.0f} in "
            f"later ones, and {memory:,.0f} MiB of memory"
        )

    return Markdown(
        f"Without a model behind it, our pipeline manages {tell('our')}; the "
        f"usual one {tell('usual')}; the usual one with a `cache()` "
        f"{tell('usual cached')}."
    )


def unlike_table(measured: Mapping[str, Any]) -> Markdown:
    """Return how many images of each source are called unlike both classes.

    Args:
        measured: from `catdog measure`.
    """
    networks = measured["networks"]
    counts = [
        network["rules"][measured["rule"]]["unlike"] for network in networks
    ]
    rows = [
        [source, n, *(share(count[source], n) for count in counts)]
        for source, n in networks[0]["images"].items()
    ]
    names = [f"{network['model']} calls unlike" for network in networks]
    return table(["images", "number", *names], rows)


def unlike_rules_table(measured: Mapping[str, Any]) -> Markdown:
    """Return the same for each rule that was tried, with one network.

    It is the last one measured.
    """
    network = measured["networks"][-1]
    sources = network["images"]
    rows = [
        [rule, *(f"{tried['unlike'][source]}" for source in sources)]
        for rule, tried in network["rules"].items()
    ]
    header = [f"{source} ({n})" for source, n in sources.items()]
    return table([f"rule, {network['model']}", *header], rows)


def share(count: int, n: int) -> str:
    """Return a count with its share and interval: `4, 4.0% (1.6% to 9.8%)`."""
    low, high = wilson(count, n)
    return f"{count}, {count / n:.1%} ({low:.1%} to {high:.1%})"


def unlike_words(measured: Mapping[str, Any]) -> Markdown:
    """Return how well images that show neither class are noticed.

    Args:
        measured: from `catdog measure`.
    """
    sentences = [
        _network_words(network, measured["rule"])
        for network in measured["networks"]
    ]
    return Markdown(
        " ".join(sentences)
        + " The photographs without animals are few, and the rule was chosen "
        "with these same images: with others, expect it to do worse. An "
        "animal that is neither cat nor dog was not among them."
    )


def _network_words(network: Mapping[str, Any], rule: str) -> str:
    images, called = network["images"], network["rules"][rule]["unlike"]
    n_test, n_photographs = images[TEST], images[PHOTOGRAPHS]
    low, high = wilson(called[TEST], n_test)
    missed = n_photographs - called[PHOTOGRAPHS]
    return (
        f"`{network['model']}` calls {called[TEST]} of "
        f"{count_noun(n_test, 'test image')} unlike the cats and dogs it has "
        f"learned from ({called[TEST] / n_test:.1%}, interval {low:.1%} to "
        f"{high:.1%}), wrongly, and lets {missed} of "
        f"{count_noun(n_photographs, 'photograph')} without animals pass. Of "
        f"{images[DRAWN]} drawn cats and dogs, {called[DRAWN]} are unlike "
        "what it knows."
    )


def exports_table(measured: Mapping[str, Any]) -> Markdown:
    """Return what `catdog export --measure` measured: a row for each file.

    Args:
        measured: from `benchmarks.measure_exports`.
    """
    rows = [
        [
            network["model"],
            QUANTIZATION_WORDS[quantization],
            f"{file['bytes'] / 1e6:.1f}",
            f"{file['correct']} ({file['correct'] / network['images']:.1%})",
            f"{file['same_answers']} of {network['images']}",
            f"{file['largest_difference']:.3f}",
            f"{statistics.median(file['milliseconds']):.1f}",
        ]
        for network in measured["networks"]
        for quantization, file in network["files"].items()
    ]
    header = [
        "network",
        "weights",
        "MB",
        "right",
        "same answer as the network",
        "largest difference of a probability",
        f"ms an image, median of {measured['rounds']} rounds",
    ]
    return table(header, rows, words=2)


def quantization_cost(quantization: str, model: str = "model4") -> Markdown:
    """Return what rounding the weights of a network costs, in a sentence.

    Args:
        quantization: "float16", "dynamic" or "int8".
        model: name of the network.

    Returns:
        The sentence; empty if it was not measured.
    """
    measured = read_exports()
    for network in measured.get("networks", []):
        if network["model"] == model:
            break
    else:
        return Markdown("")
    plain, rounded = (network["files"][way] for way in ("none", quantization))
    slower, low, high = ratios(rounded["milliseconds"], plain["milliseconds"])
    others = network["images"] - rounded["same_answers"]
    return Markdown(
        f"As {QUANTIZATION_WORDS[quantization]}, the file of `{model}` has "
        f"{rounded['bytes'] / 1e6:.1f} MB instead of "
        f"{plain['bytes'] / 1e6:.1f}. Of {network['images']} test images it "
        f"gets {rounded['correct']} right, where the network has "
        f"{network['correct']}; it gives another answer to {others}, and moves "
        "no probability by more than "
        f"{100 * rounded['largest_difference']:.1f} points. An image takes "
        f"{slower:.2f} times as long as in float32 ({low:.2f} to {high:.2f} "
        f"within a round, {count_noun(measured['rounds'], 'round')} with "
        f"{count_noun(measured['threads'], 'thread')} on "
        f"{cpu_cores(measured['environment'])})."
    )
