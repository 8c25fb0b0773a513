"""Figures, judged by what lies on their axes."""

from dataclasses import replace

import matplotlib.pyplot as plt
import msgspec
import numpy as np
import pytest
from keras import callbacks, layers
from matplotlib.colors import to_hex
from samples_of_runs import TUTORIAL_IMAGES, make_run, of_own_images

from catdog.data.pipeline import decode
from catdog.data.sources import open_images
from catdog.evaluation import wilson
from catdog.report import figures
from catdog.report.palette import palette
from catdog.scores import Result, Score


def titles(figure):
    return [
        axis.get_title(loc)
        for axis in figure.axes
        for loc in ("left", "center")
        if axis.get_title(loc)
    ]


def tick_labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def points(axis):
    """The dots on an axis, as (x, y), without its lines."""
    return [
        (float(x), float(y))
        for line in axis.lines
        if line.get_marker() == "o"
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def test_grid_has_a_row_of_cats_over_a_row_of_dogs(images):
    grid = figures.image_grid(images)
    assert titles(grid) == ["cat"] * 3 + ["dog"] * 3
    assert all(
        axis.images[0].get_array().shape == (160, 160, 3) for axis in grid.axes
    )
    rows = [axis.get_subplotspec().rowspan.start for axis in grid.axes]
    assert rows == [0] * 3 + [1] * 3


def test_grid_shows_training_images_of_the_class_in_the_title(
    images, monkeypatch
):
    decoded = []
    monkeypatch.setattr(
        figures,
        "decode",
        lambda path: decoded.append(path) or np.zeros((2, 2, 3)),
    )
    figures.image_grid(images)
    folders = [path.rsplit("/", 2)[-2] for path in decoded]
    assert folders == ["cats"] * 3 + ["dogs"] * 3
    assert all("/train/" in path for path in decoded)
    assert len(set(decoded)) == 6


def test_grid_is_the_same_for_the_same_seed_only(images):
    def content(seed):
        return b"".join(
            axis.images[0].get_array().tobytes()
            for axis in figures.image_grid(images, seed=seed).axes
        )

    assert content(1) == content(1) != content(2)


def test_strip_shows_images_of_both_classes_in_turn(small_folder):
    images = open_images(small_folder)
    strip = figures.image_strip(images, n=4)
    assert len(strip.axes) == 4 and titles(strip) == []
    of_class = [
        [
            np.asarray(decode(str(images.folder / name)))
            for name in images.train
            if images.label(name) == label
        ]
        for label in (0, 1)
    ]
    for number, axis in enumerate(strip.axes):
        shown = axis.images[0].get_array()
        assert any((shown == image).all() for image in of_class[number % 2])


def test_label_frequencies_are_the_lengths_of_the_bars():
    (axis,) = figures.label_frequencies({"cats": 1000, "dogs": 20}).axes
    lengths = {
        name: (bar.get_width(), to_hex(bar.get_facecolor()))
        for name, bar in zip(tick_labels(axis.yaxis), axis.patches, strict=True)
    }
    assert lengths == {
        "cats": (1000, palette()["cat"][0]),
        "dogs": (20, palette()["dog"][0]),
    }
    assert [text.get_text() for text in axis.texts] == ["1,000", "20"]
    assert axis.yaxis_inverted()  # the first class is at the top


def test_augmented_shows_the_original_beside_changed_copies(images):
    image = figures.example_image(images)
    strip = figures.augmented(
        layers.RandomRotation((0.1, 0.2)), image, copies=3
    )
    assert titles(strip) == ["original", "copy 1", "copy 2", "copy 3"]
    shown = [np.asarray(axis.images[0].get_array()) for axis in strip.axes]
    assert (shown[0] == image).all()
    assert all((copy != image).any() for copy in shown[1:])


def curves(axis):
    """What the lines of an axis show: thick ones by their label, thin ones."""
    thick, thin = {}, []
    for line in axis.lines:
        label, values = line.get_label(), np.round(line.get_ydata(), 9).tolist()
        if label.startswith("_"):
            thin.append((line.get_color(), values))
        else:
            thick[label] = (line.get_color(), values)
    return thick, thin


def with_labels(run, *counts):
    """The same run, with other frequencies of the validation labels."""
    images = msgspec.structs.replace(run.images, validation=counts)
    return msgspec.structs.replace(
        run, images=images, validation=Result(sum(counts), 0, 0.6)
    )


def test_history_draws_runs_and_their_mean_in_the_color_of_the_measure():
    runs = [
        make_run(training=[0.6, 0.8], validation=[0.5, 0.7]),
        make_run(training=[0.8, 1.0], validation=[0.6, 0.9]),
    ]
    runs = [with_labels(run, 60, 40) for run in runs]
    chart = figures.history(runs)
    accuracy, loss = chart.axes
    train, val, soft = (
        palette()[name][0] for name in ("training", "validation", "soft")
    )
    entropy = round(-0.6 * np.log(0.6) - 0.4 * np.log(0.4), 9)
    assert curves(accuracy) == (
        {
            "training": (train, [0.7, 0.9]),
            "validation": (val, [0.55, 0.8]),
            "baseline": (soft, [0.6, 0.6]),
        },
        [
            (train, [0.6, 0.8]),
            (train, [0.8, 1.0]),
            (val, [0.5, 0.7]),
            (val, [0.6, 0.9]),
        ],
    )
    assert curves(loss) == (
        {
            "training": (train, [1.0, 0.5]),
            "validation": (val, [0.6, 0.6]),
            "baseline": (soft, [entropy, entropy]),
        },
        [(train, [1.0, 0.5])] * 2 + [(val, [0.6, 0.6])] * 2,
    )
    legend = chart.legends[0].get_texts()
    assert [text.get_text() for text in legend] == list(curves(accuracy)[0])
    for axis, measure in ((accuracy, "accuracy"), (loss, "loss")):
        assert axis.lines[0].get_xdata().tolist() == [1, 2]
        assert (axis.get_xlabel(), axis.get_ylabel()) == ("epoch", measure)


def limits(chart):
    return [(axis.get_xlim(), axis.get_ylim()) for axis in chart.axes]


def test_history_has_the_means_of_the_model_before_in_gray_behind():
    run = make_run("model2", training=[0.6, 0.8], validation=[0.5, 0.7])
    previous = [
        make_run(training=[0.5, 0.6], validation=[0.6, 0.7]),
        make_run(training=[0.7, 0.8], validation=[0.8, 0.9]),
    ]
    chart = figures.history([run], previous)
    accuracy, loss = chart.axes
    gray = palette()["soft"][0]
    thick, thin = curves(accuracy)
    assert thick["model1, validation"] == (gray, [0.7, 0.8])
    assert thin == [(gray, [0.6, 0.7])]  # that of training
    thick, thin = curves(loss)
    assert thick["model1, validation"] == (gray, [0.6, 0.6])
    assert thin == [(gray, [1.0, 0.5])]
    for axis in chart.axes:
        first, second, *others = axis.lines
        assert [first.get_linestyle(), second.get_linestyle()] == [":", "-"]
        assert {first.zorder, second.zorder} == {1}
        assert min(line.zorder for line in others) > 1
    legend = [text.get_text() for text in chart.legends[0].get_texts()]
    assert legend == [
        "model1, validation",
        "training",
        "validation",
        "baseline",
    ]
    assert limits(chart) == limits(figures.history([run]))


def fitted(**values):
    """What a `fit` of two epochs returns."""
    history = callbacks.History()
    history.history = {
        "accuracy": [0.61, 0.62],
        "val_accuracy": [0.63, 0.64],
        "loss": [0.71, 0.72],
        "val_loss": [0.73, 0.74],
        **values,
    }
    return history


def diamonds(axis):
    """The color and the values of each row of diamonds, and its label."""
    return [
        (line.get_color(), list(line.get_ydata()), line.get_label())
        for line in axis.lines
        if line.get_marker() == "D"
    ]


def test_own_fit_of_the_same_images_is_drawn_as_diamonds():
    runs = [make_run(training=[0.5] * 3, validation=[0.5] * 3)]
    own = fitted()
    chart = figures.history(runs, own=own, images=TUTORIAL_IMAGES)
    train, val = (palette()[name][0] for name in ("training", "validation"))
    accuracy, loss = map(diamonds, chart.axes)
    assert [row[:2] for row in accuracy] == [
        (train, [0.61, 0.62]),
        (val, [0.63, 0.64]),
    ]
    assert [row[:2] for row in loss] == [
        (train, [0.71, 0.72]),
        (val, [0.73, 0.74]),
    ]
    assert [row[2].startswith("_") for row in accuracy] == [True, False]
    legend = [text.get_text() for text in chart.legends[0].get_texts()]
    assert legend == ["training", "validation", "your fit", "baseline"]
    line = next(x for x in chart.axes[0].lines if x.get_marker() == "D")
    assert line.get_xdata().tolist() == [1, 2]
    assert line.get_linestyle() == "None"
    assert limits(chart) == limits(figures.history(runs))


def test_own_fit_below_the_recorded_curves_is_on_the_axis():
    runs = [make_run(training=[0.7, 0.8], validation=[0.6, 0.7])]
    own = fitted(val_accuracy=[0.3, 0.5])
    chart = figures.history(runs, own=own, images=TUTORIAL_IMAGES)
    assert chart.axes[0].get_ylim()[0] < 0.3


@pytest.mark.parametrize(
    "images",
    [replace(TUTORIAL_IMAGES, source="drawings"), None],
    ids=["drawings", "unknown"],
)
def test_own_fit_of_other_images_is_not_drawn(images):
    chart = figures.history([make_run()], own=fitted(), images=images)
    assert not any(diamonds(axis) for axis in chart.axes)
    legend = [text.get_text() for text in chart.legends[0].get_texts()]
    assert "your fit" not in legend


def test_own_fit_is_not_drawn_over_runs_of_other_photographs():
    runs = [make_run(images=of_own_images(make_run()))]
    chart = figures.history(runs, own=fitted(), images=TUTORIAL_IMAGES)
    assert not any(diamonds(axis) for axis in chart.axes)


def test_axes_of_loss_are_the_same_whatever_the_losses():
    run = make_run(val_loss=[3.0, 0.2])
    assert figures.history([run]).axes[1].get_ylim() == (0, 1.05)


def test_history_of_one_epoch_is_a_dot_for_each_measure():
    run = make_run(training=[0.8], validation=[0.7])
    accuracy, loss = figures.history([run]).axes
    assert points(accuracy) == [(1, 0.8), (1, 0.7)]
    assert points(loss) == [(1, 1.0), (1, 0.6)]


@pytest.mark.parametrize("lowest", [0.6, 0.2])
def test_axes_of_accuracy_are_the_same_unless_a_curve_lies_below(lowest):
    run = make_run(training=[0.8, 0.9], validation=[lowest, 0.7])
    low, high = figures.history([run]).axes[0].get_ylim()
    assert low == (0.45 if lowest == 0.6 else pytest.approx(0.17))
    assert high == 1.01


def test_comparison_has_a_row_of_dots_for_each_model_and_what_is_required():
    runs = {
        "model1": [
            make_run(validation=[0.1, 0.6]),
            make_run(validation=[0.1, 0.8]),
        ],
        "model5": [make_run("model5", validation=[0.1, 0.99])],
    }
    (axis,) = figures.comparison(runs, {"model1": 0.52}).axes
    assert tick_labels(axis.yaxis) == ["model1", "model5"]
    assert points(axis) == [(0.6, 0), (0.8, 0), (0.99, 1)]
    assert [text.get_text() for text in axis.texts] == [
        "70.0%",
        "99.0%",
        "baseline",
    ]
    ticks = [
        list(line.get_xdata())
        for line in axis.lines
        if line.get_color() == palette()["ink"][0]
    ]
    assert ticks == [[0.52, 0.52]]
    assert axis.yaxis_inverted() and axis.get_xlim()[0] == 0.5


def test_comparison_begins_at_the_baseline_of_the_labels():
    run = with_labels(make_run(), 800, 200)
    run.validation = Result(1000, 900, 0.3)
    (axis,) = figures.comparison({"model1": [run]}, {}).axes
    bar = axis.lines[0]
    assert list(bar.get_xdata()) == [0.8, 0.9]
    assert axis.get_xlim()[0] == 0.8


def test_comparison_shows_a_baseline_above_what_is_required():
    run = with_labels(make_run(), 940, 60)
    run.validation = Result(1000, 970, 0.3)
    (axis,) = figures.comparison({"model1": [run]}, {"model1": 0.52}).axes
    assert axis.get_xlim()[0] == 0.5
    dashed = [line for line in axis.lines if line.get_linestyle() == "--"]
    assert [list(line.get_xdata()) for line in dashed] == [[0.94, 0.94]]
    (label,) = [text for text in axis.texts if text.get_text() == "baseline"]
    assert label.get_position()[0] == 0.94


def test_comparison_holds_what_lies_below_the_baseline():
    runs = {"model1": [make_run(validation=[0.1, 0.33])]}
    (axis,) = figures.comparison(runs, {}).axes
    assert axis.get_xlim()[0] == pytest.approx(0.3)
    assert points(axis) == [(0.33, 0)]


SCORES = [
    Score("a", 0, 0.1),
    Score("b", 0, 0.2),
    Score("c", 0, 0.9),
    Score("d", 1, 0.7),
]


def test_histories_have_a_named_curve_for_the_mean_of_each_model():
    runs = {
        "one": [
            make_run(seed=0, validation=(0.5, 0.75)),
            make_run(seed=1, validation=(0.7, 0.25)),
        ],
        "two": [make_run(validation=(0.9, 0.95))],
    }
    (axis,) = figures.histories(runs).axes
    curves = [line.get_ydata().tolist() for line in axis.get_lines()]
    assert curves == [pytest.approx([0.6, 0.5]), [0.9, 0.95]]
    names = {text.get_text(): text.xy[1] for text in axis.texts}
    assert names == {"one": pytest.approx(0.5), "two": 0.95}


def test_confusion_matrix_has_a_row_for_each_label_and_a_column_for_each_answer():
    (axis,) = figures.confusion_matrix(SCORES, ("cow", "hen")).axes
    counts = {text.get_position(): text.get_text() for text in axis.texts}
    assert counts == {(0, 0): "2", (1, 0): "1", (0, 1): "0", (1, 1): "1"}
    shades = [round(patch.get_alpha(), 2) for patch in axis.patches]
    assert shades == [0.67, 0.33, 0, 1]  # of the images of each class
    assert tick_labels(axis.xaxis) == tick_labels(axis.yaxis) == ["cow", "hen"]
    assert axis.get_xlabel() == "the model answers"
    assert axis.get_ylabel() == "the image shows"


def test_calibration_has_a_dot_and_an_interval_for_each_bin():
    # Ten answers at 0.6, of which half are right, and ten at 0.9, all right.
    scores = [
        *(Score(str(n), 1, 0.6 if n % 2 else 0.4) for n in range(10)),
        *(Score(str(n), 1, 0.9) for n in range(10, 20)),
    ]
    (axis,) = figures.calibration(scores).axes
    assert points(axis) == [
        *[pytest.approx((0.6, 0.5))] * 5,
        *[pytest.approx((0.9, 1.0))] * 5,
    ]
    diagonal, *intervals = (x for x in axis.lines if x.get_marker() != "o")
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0.5, 1]
    assert diagonal.get_linestyle() == "--"
    drawn = [(*line.get_xdata(), *line.get_ydata()) for line in intervals]
    assert drawn == [
        *[pytest.approx((0.6, 0.6, *wilson(1, 2)))] * 5,
        *[pytest.approx((0.9, 0.9, *wilson(2, 2)))] * 5,
    ]
    assert axis.get_xlabel() == "how sure the model is"
    assert axis.get_ylabel() == "how often it is right"
    assert axis.get_xlim() == (0.48, 1.02)


def test_intervals_of_calibration_are_whole_on_the_axis():
    scores = [Score(str(n), 1, 0.1) for n in range(10)]  # sure, never right
    (axis,) = figures.calibration(scores).axes
    low, high = axis.get_ylim()
    assert low <= wilson(0, 1)[0] and high >= 1


def test_accuracy_intervals_reach_from_low_to_high_around_the_accuracy():
    results = {"model1": (388, 400), "model2": (80, 100)}
    (axis,) = figures.accuracy_intervals(results).axes
    assert tick_labels(axis.yaxis) == list(results)
    assert points(axis) == [(0.97, 0), (0.8, 1)]
    lines = [
        (tuple(line.get_xdata()), tuple(line.get_ydata()))
        for line in axis.lines
        if line.get_marker() != "o"
    ]
    assert lines == [
        (wilson(388, 400), (0, 0)),
        (wilson(80, 100), (1, 1)),
    ]
    assert [text.get_text() for text in axis.texts] == [
        "97.0%  (94.8% to 98.3%)",
        "80.0%  (71.1% to 86.7%)",
    ]


def test_interval_below_one_half_is_on_the_axis():
    (axis,) = figures.accuracy_intervals({"model1": (40, 100)}).axes
    assert axis.get_xlim()[0] < wilson(40, 100)[0]


def test_mistakes_show_the_images_with_the_answer_above_each(images):
    name = images.held_out[0]
    axis, *others = figures.mistakes([Score(name, 0, 0.93)], images).axes
    assert axis.get_title("left") == "93% dog" and not axis.texts
    image = np.asarray(decode(str(images.folder / name)))
    assert (axis.images[0].get_array() == image).all()
    assert not any(other.images for other in others)


def test_mistakes_fill_rows_of_four(images):
    scores = [Score(name, 1, 0.2) for name in images.held_out[:5]]
    axes = figures.mistakes(scores, images).axes
    assert len(axes) == 8
    assert [axis.get_title("left") for axis in axes] == ["80% cat"] * 5 + [
        ""
    ] * 3


def test_no_mistakes_are_a_figure_too(images):
    assert figures.mistakes([], images).axes


def test_example_is_the_first_image_if_none_has_the_name(images):
    named = figures.example_image(images, images.train[5])
    first = figures.example_image(images, "train/cats/nosuch.jpg")
    assert named.shape == (160, 160, 3) and named.dtype == "uint8"
    assert (first == figures.example_image(images, images.train[0])).all()
    assert (named != first).any()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.accuracy_intervals({"model1": (90, 100)}),
        lambda: figures.label_frequencies({"cat": 3, "dog": 4}),
    ],
)
def test_figures_are_closed_so_that_a_notebook_shows_them_once(draw):
    draw()
    assert plt.get_fignums() == []


def test_figure_is_closed_when_drawing_fails():
    mine = plt.figure()

    @figures.figure
    def draw():
        plt.figure()
        raise ValueError("no data")

    with pytest.raises(ValueError, match="no data"):
        draw()
    assert plt.get_fignums() == [mine.number]  # that of others stays open
    plt.close(mine)
