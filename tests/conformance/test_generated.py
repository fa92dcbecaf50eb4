"""What schemathesis makes up: bounded, the same for the same seed, and possible to send."""

from __future__ import annotations

import pytest

from conformance.generated import FRAMING, covering_headers, covering_methods, fuzz_cancels


def test_the_coverage_phase_tries_every_other_method() -> None:
    assert {"GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} <= set(covering_methods())
    assert "POST" not in covering_methods()


def test_the_coverage_phase_tries_a_media_type_that_lacks_something() -> None:
    assert {"Content-Type": "multipart/form-data"} in covering_headers()


def test_fuzzing_is_bounded_and_brought_back_by_its_seed() -> None:
    first = fuzz_cancels(1, 30)
    fuzz_cancels.cache_clear()
    assert fuzz_cancels(1, 30) == first
    assert fuzz_cancels(2, 30) != first
    assert len(first) <= 30
    assert len({made.segment for made in first}) > 10
    assert len({made.authorization for made in first}) > 10
    assert len({made.body for made in first}) > 10


@pytest.mark.parametrize("seed", range(3))
def test_what_is_fuzzed_can_be_sent(seed: int) -> None:
    for made in fuzz_cancels(seed, 60):
        assert made.segment.isascii()
        assert not {name.lower() for name in made.headers} & FRAMING
        for text in (made.authorization, *made.headers.values()):
            assert text.isascii()
            assert text.isprintable()
