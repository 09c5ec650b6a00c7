"""Boards on their way to Grafana: what the settings change in them."""

from dashboards.names import BOARDS, MINUTE_BUCKET
from tocsin.grafana.boards import read_boards


def test_roll_ups_are_asked_of_the_bucket_that_the_settings_name() -> None:
    for board in read_boards(BOARDS, "en", "folder", minute_bucket="other_1m"):
        variables = {variable["name"]: variable["query"] for variable in board.model["templating"]["list"]}
        assert variables.get(MINUTE_BUCKET, "other_1m") == "other_1m"
    point = next(board for board in read_boards(["point"], "en", "folder", minute_bucket="other_1m"))
    assert any(variable["name"] == MINUTE_BUCKET for variable in point.model["templating"]["list"])


def test_without_a_bucket_boards_are_as_they_were_generated() -> None:
    [board] = read_boards(["point"], "zh", "folder")
    queries = [variable["query"] for variable in board.model["templating"]["list"] if variable["type"] == "constant"]
    assert queries == ["readings_1m"]
