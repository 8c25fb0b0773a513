"""The last chapter says whether the assignment's demands are met."""

from catdog.report import tables


def test_last_chapter_works_where_no_run_is_recorded():
    table = tables.specification({})
    assert (
        "| The best model is scored on test data | no run is recorded" in table
    )
