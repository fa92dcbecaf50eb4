"""No lawful variant is failed, whatever else is said of it."""

import pytest

from tests.targets.judged import QUICK, judge
from tests.targets.variants import lawful

# What these cannot do leaves the verdict open; all others are conformant.
INCOMPLETE = {"NoRead", "NoComplete", "NoWebhookEndpoint"}


@pytest.mark.parametrize("name", lawful())
def test_a_lawful_variant_has_no_failed_must(name: str) -> None:
    judged = judge(lawful()[name](), *QUICK)
    assert judged.having("fail") == set(), judged.output
    assert judged.exit_code == (3 if name in INCOMPLETE else 0), judged.output
    unjudged = judged.having("inconclusive") | judged.having("setup_error") | judged.having("harness_error")
    assert unjudged == set(), judged.output
