"""The policies for whoever deploys fit what IAM takes, in each way that the guide proposes to write them."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
POLICIES = sorted((ROOT / "infra").glob("deployer-*.json"))
GUIDE = (ROOT / "docs" / "install-and-operate.md").read_text(encoding="utf-8")
# Of a managed policy, without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_CHARS = 6144
# The changes that the guide proposes, as (pattern, replacement).
CHANGES = re.findall(r"`sed 's/(\S+?)/(\S+?)/g'`", GUIDE.partition("## Permissions")[2].partition("\n## ")[0])


def test_the_guide_proposes_one_for_a_stage_and_one_for_each_other_part_of_aws() -> None:
    assert {new for _, new in CHANGES} == {"shylight-prod*", "arn:aws-cn:", "arn:aws-us-gov:"}


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_every_variant_fits_a_managed_policy(path: Path) -> None:
    for chosen in itertools.product([False, True], repeat=len(CHANGES)):
        text = path.read_text(encoding="utf-8")
        for old, new in itertools.compress(CHANGES, chosen):
            assert re.search(old, text), old
            text = re.sub(old, new, text)
            if new.startswith("arn:"):
                break
        json.loads(text)
        assert len(re.sub(r"\s", "", text)) <= MOST_CHARS, chosen


def test_each_statement_is_in_one_policy() -> None:
    """Except for what has no resources to name, of which each policy has its part."""
    named = [one["Sid"] for path in POLICIES for one in json.loads(path.read_text("utf-8"))["Statement"]]
    assert [name for name in {*named} if named.count(name) > 1] == ["Unnamed"]
