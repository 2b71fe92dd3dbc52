"""Ids that begin with the moment: one batch's rows lie together in each index."""

from datetime import UTC, datetime, timedelta

from backend.benefits.bulk import ordered_ids

MOMENT = datetime(2026, 9, 1, 10, 0, 0, 7000, tzinfo=UTC)


def test_they_are_of_version_7_in_order_and_their_own() -> None:
    ids = ordered_ids(MOMENT, 500)
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    assert ids == sorted(set(ids))
    assert {one.int >> 80 for one in ids} == {int(MOMENT.timestamp() * 1000)}
    assert ids[-1] < ordered_ids(MOMENT + timedelta(milliseconds=1), 1)[0]


def test_all_the_chance_is_in_them() -> None:
    (most,) = ordered_ids(MOMENT, 1, lambda bits: (1 << bits) - 1)
    (least,) = ordered_ids(MOMENT, 1, lambda _bits: 0)
    assert (most.int ^ least.int).bit_count() == 74
