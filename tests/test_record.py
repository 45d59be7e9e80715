"""Results files: rows of several commands in one file, each with where it comes from."""

import json
from typing import Any

import pytest
from benchmarks import record
from benchmarks.record import ORIGIN, Row


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Records rows as the given command and reads the file back."""
    monkeypatch.setattr(record, "RESULTS", tmp_path)
    monkeypatch.setattr(record, "machine", lambda: "this machine")

    def write(command: str, *rows: Row) -> dict[str, Any]:
        monkeypatch.setattr("sys.argv", command.split())
        return json.loads(record.record("some.json", list(rows)).read_text())

    return write


def by_name(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in content["rows"]}


def test_each_row_names_the_command_that_measured_it(results):
    results("bench.py first", Row("a", 1.0, "r"), Row("b", 2.0, "r"))
    found = results("bench.py second", Row("b", 3.0, "r", ">= 2", "paper 1"))
    assert set(found) == {*ORIGIN, "rows"}
    assert found["command"] == "python bench.py second"
    rows = by_name(found)
    assert rows["a"]["command"] == "python bench.py first"
    assert rows["a"]["value"] == 1.0
    assert rows["b"] == {
        "name": "b",
        "value": 3.0,
        "unit": "r",
        "goal": ">= 2",
        "reference": "paper 1",
        "command": "python bench.py second",
        "date": found["date"],
        "machine": "this machine",
    }


def test_rows_of_an_older_file_take_what_its_top_level_says(results, tmp_path):
    older = {"command": "python old.py", "date": "2020-01-02", "machine": "an old one"}
    row = {"name": "a", "value": 1.0, "unit": "r", "goal": None, "reference": None}
    own = {**row, "name": "c", "command": "python its_own.py"}
    (tmp_path / "some.json").write_text(json.dumps({**older, "rows": [row, own]}))
    rows = by_name(results("bench.py new", Row("b", 2.0, "r")))
    assert {key: rows["a"][key] for key in ORIGIN} == older
    assert rows["c"] == {**own, "date": "2020-01-02", "machine": "an old one"}
    assert rows["b"]["command"] == "python bench.py new"


def test_rows_are_in_the_order_of_their_names(results):
    found = results("bench.py", Row("b", 1.0, "r"), Row("a", 2.0, "r"))
    assert [row["name"] for row in found["rows"]] == ["a", "b"]
