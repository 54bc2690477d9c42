"""The routes of the JSON API, which `openapi.json` describes."""

from chalicelib.routing import Right, Route

_SITE = "/api/v1/sites/{site}"

ROUTES = (
    Route("GET", "/api/v1/openapi.json", "api.openapi:document", Right.PUBLIC),
    Route("GET", "/api/v1/sites", "api.sites:list_sites", Right.SIGNED_IN),
    Route("POST", "/api/v1/sites", "api.sites:create", Right.SIGNED_IN),
    Route("GET", _SITE, "api.sites:show", Right.SITE_VIEW),
    Route("PATCH", _SITE, "api.sites:change", Right.SITE_EDIT),
    Route("GET", f"{_SITE}/stats", "api.stats:show", Right.SITE_VIEW),
    Route("GET", f"{_SITE}/visits", "api.visits:show", Right.SITE_VIEW),
    Route("GET", f"{_SITE}/events", "api.events:show", Right.SITE_VIEW),
    Route("GET", f"{_SITE}/ledger", "api.excluded_traffic:show", Right.SITE_VIEW),
    Route("POST", f"{_SITE}/hits", "api.hits:create", Right.SITE_EDIT),
    Route("GET", f"{_SITE}/people", "api.site_people:list_people", Right.SITE_ADMIN),
    Route("POST", f"{_SITE}/people", "api.site_people:add", Right.SITE_ADMIN),
    Route("PUT", f"{_SITE}/people/{{person}}", "api.site_people:change", Right.SITE_ADMIN),
    # Everybody may leave; to remove others, `accounts.site_people` requires SITE_ADMIN.
    Route("DELETE", f"{_SITE}/people/{{person}}", "api.site_people:remove", Right.SITE_VIEW),
    Route("GET", "/api/v1/tokens", "api.tokens:list_tokens", Right.SIGNED_IN),
    Route("DELETE", "/api/v1/tokens/{token}", "api.tokens:revoke", Right.SIGNED_IN),
    Route("GET", "/api/v1/health", "api.deployment_health:show", Right.ADMINISTRATOR),
    Route("GET", "/healthz", "api.health:healthz", Right.PUBLIC),
)
