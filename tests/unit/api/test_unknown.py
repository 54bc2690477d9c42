"""Requests below /api without a route: an error in the API's shape, which names the methods of a path that exists."""

import pytest

from chalicelib.api import unknown
from chalicelib.errors import MethodNotAllowed, NotFound
from chalicelib.store.sites import Site
from tests.unit.dashboard import samples

SITE: Site = samples.SITE


@pytest.mark.parametrize("path", ["/api/v1/none", "/api/v1", "/api/v1/sites/x/y/z", "/api/v1/sites/", "/api/v2/sites"])
def test_a_path_that_does_not_exist_is_not_found(path: str) -> None:
    with pytest.raises(NotFound, match="no such path"):
        unknown.answer(samples.request(path))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/sites", "GET, HEAD, POST"),
        ("POST", f"/api/v1/sites/{SITE.id}", "DELETE, GET, HEAD, PATCH"),
        ("PUT", f"/api/v1/sites/{SITE.id}/stats", "GET, HEAD"),
        ("GET", "/api/v1/tokens/abc", "DELETE"),
        ("GET", "/api/event", "OPTIONS, POST"),
    ],
)
def test_another_method_is_refused_with_those_there_are(method: str, path: str, allowed: str) -> None:
    with pytest.raises(MethodNotAllowed, match=f"does not take {method}; it takes {allowed}") as refused:
        unknown.answer(samples.request(path, method=method))
    assert refused.value.headers == {"Allow": allowed}
