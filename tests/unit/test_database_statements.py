"""Statements in the words of PostgreSQL."""

import pytest

from tocsin.database import AMONG, among, upsert
from tocsin.database.statement import in_postgres


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT a FROM t WHERE b = ? AND c = ?", "SELECT a FROM t WHERE b = $1 AND c = $2"),
        ("UPDATE t SET a = ?2 WHERE b = ?1 AND c <> ?2", "UPDATE t SET a = $2 WHERE b = $1 AND c <> $2"),
        ("SELECT '?', 'it''s ?1', a FROM t WHERE b = ?", "SELECT '?', 'it''s ?1', a FROM t WHERE b = $1"),
        ("SELECT a % 2 FROM t WHERE b LIKE '%x'", "SELECT a % 2 FROM t WHERE b LIKE '%x'"),
        (f"SELECT a FROM t WHERE b {AMONG} AND c = ?", "SELECT a FROM t WHERE b = ANY($1) AND c = $2"),
        (f"SELECT a FROM t WHERE b NOT {AMONG}", "SELECT a FROM t WHERE b <> ALL($1)"),
        (f"SELECT a FROM t WHERE c = ?1 AND b {among(2)}", "SELECT a FROM t WHERE c = $1 AND b = ANY($2)"),
        (
            upsert("t", ("a", "b"), ("c",)),
            "INSERT INTO t (a, b, c) VALUES ($1, $2, $3) ON CONFLICT (a, b) DO UPDATE SET c = excluded.c",
        ),
    ],
)
def test_in_the_words_of_postgresql(given: str, expected: str) -> None:
    assert in_postgres(given) == expected


def test_both_kinds_of_parameters_are_a_slip() -> None:
    with pytest.raises(ValueError, match="numbered parameters beside others"):
        in_postgres("SELECT a FROM t WHERE b = ?1 AND c = ?")
