"""Visitor keys: the same for the same visitor and day, nothing else in common."""

import pytest

from chalicelib.collect.visitor import normal_address, truncated, visitor_key


def test_a_key_depends_on_salt_address_and_user_agent() -> None:
    key = visitor_key(b"salt", "192.0.2.1", "UA")
    assert len(key) == 16
    assert key == visitor_key(b"salt", "192.0.2.1", "UA")
    assert len({key, visitor_key(b"other", "192.0.2.1", "UA"), visitor_key(b"salt", "192.0.2.2", "UA"),
                visitor_key(b"salt", "192.0.2.1", "UB")}) == 4  # fmt: skip


def test_address_and_user_agent_do_not_run_into_each_other() -> None:
    assert visitor_key(b"salt", "192.0.2.1", "1 UA") != visitor_key(b"salt", "192.0.2.11", " UA")


@pytest.mark.parametrize(
    ("given", "normal", "network"),
    [
        ("192.0.2.77", "192.0.2.77", "192.0.2.0"),
        (" 192.0.2.77 ", "192.0.2.77", "192.0.2.0"),
        ("2001:DB8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::ffff:192.0.2.77", "192.0.2.77", "192.0.2.0"),
        ("fe80::1%eth0", "fe80::1", "fe80::"),
        ("unknown", "", ""),
        ("192.0.2.77, 10.0.0.1", "", ""),
        ("192.0.2.300", "", ""),
        ("", "", ""),
    ],
)
def test_an_address_has_one_form_and_is_cut_to_its_network(given: str, normal: str, network: str) -> None:
    assert normal_address(given) == normal
    assert truncated(normal) == network
