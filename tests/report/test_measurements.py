"""What was measured last, as the pages cite it."""

import json

from catdog.report import measurements, tables


def test_published_measurement_is_read_and_told():
    bench = measurements.read_bench()
    assert bench["rounds"] == len(bench["epoch"]["model1, our pipeline"])
    assert tables.bench(bench).count("\n") == 11


def test_without_a_measurement_there_are_no_numbers(monkeypatch, tmp_path):
    path = tmp_path / "bench.json"
    monkeypatch.setattr(measurements, "bench_path", lambda: path)
    assert measurements.read_bench() == {}
    path.write_text(json.dumps({"rounds": 1}))
    assert measurements.read_bench() == {"rounds": 1}


def test_medians_of_each_way():
    comparison = {"usual": [30.0, 1.0, 2.0], "ours": [4.0, 1.0]}
    assert measurements.medians(comparison) == {"usual": 2.0, "ours": 2.5}
