"""What was measured last, as the pages cite it."""

import json

import pytest

from catdog.report import about_measurements, measurements


def test_published_measurement_is_read_and_told():
    bench = measurements.read_bench()
    assert bench["rounds"] == len(bench["epoch"]["model1, our pipeline"])
    named = ("epoch", "transfer", "pipeline", "two_runs", "forward")
    ways = sum(len(bench[name]) for name in named)
    costs = 2 * (len(bench["scale"]) - 1)  # seconds and MiB of each pipeline
    # model1's epoch stands twice; a header and its line.
    lines = about_measurements.bench_table(bench).splitlines()
    assert len(lines) == ways + costs + 1 + 2
    assert bench["scale"]["images"][-1] == 8000


def test_without_a_measurement_there_are_no_numbers(monkeypatch, tmp_path):
    path = tmp_path / "bench.json"
    monkeypatch.setattr(measurements, "bench_path", lambda: path)
    assert measurements.read_bench() == {}
    path.write_text(json.dumps({"rounds": 1}))
    assert measurements.read_bench() == {"rounds": 1}


def test_ratios_are_taken_within_each_round():
    # By the medians it would be 2 / 4.
    assert measurements.ratios([1, 2, 30], [4, 1, 60]) == (0.5, 0.25, 2.0)
    with pytest.raises(ValueError, match="argument"):
        measurements.ratios([1], [1, 2])


def test_published_exports_are_those_of_the_published_records():
    exports = measurements.read_exports()
    assert exports["networks"]
    assert measurements.stale_exports(exports) == []
    for network in exports["networks"]:
        for file in network["files"].values():
            assert len(file["milliseconds"]) == exports["rounds"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("weights", "0" * 16), ("base_weights", "0" * 16), ("seed", 99)],
)
def test_exports_of_other_networks_are_stale(field, value):
    exports = measurements.read_exports()
    first, *_ = exports["networks"]
    first[field] = value
    name = f"{first['model']}-{first['seed']}"
    assert measurements.stale_exports(exports) == [name]
