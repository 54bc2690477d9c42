"""The routes of the JSON API, which `openapi.json` describes."""

from chalicelib.routing import Right, Route

_SITE = "/api/v1/sites/{site}"
_TEAM = "/api/v1/teams/{team}"
_INSTALLATION = "/api/v1/administration"

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
    Route("POST", f"{_SITE}/people", "api.site_people:invite", Right.SITE_ADMIN),
    Route("PUT", f"{_SITE}/people/{{person}}", "api.site_people:change", Right.SITE_ADMIN),
    # Everybody may leave; to remove others, `accounts.site_people` requires SITE_ADMIN.
    Route("DELETE", f"{_SITE}/people/{{person}}", "api.site_people:remove", Right.SITE_VIEW),
    Route("GET", f"{_SITE}/invitations", "api.invitations:list_all", Right.SITE_ADMIN),
    Route("POST", f"{_SITE}/invitations/{{invitation}}", "api.invitations:send_again", Right.SITE_ADMIN),
    Route("DELETE", f"{_SITE}/invitations/{{invitation}}", "api.invitations:revoke", Right.SITE_ADMIN),
    Route("GET", f"{_SITE}/teams", "api.site_teams:list_teams", Right.SITE_ADMIN),
    Route("PUT", f"{_SITE}/teams/{{team}}", "api.site_teams:give", Right.SITE_ADMIN),
    Route("DELETE", f"{_SITE}/teams/{{team}}", "api.site_teams:take", Right.SITE_ADMIN),
    Route("GET", "/api/v1/teams", "api.teams:list_teams", Right.SIGNED_IN),
    Route("POST", "/api/v1/teams", "api.teams:create", Right.SIGNED_IN),
    Route("GET", _TEAM, "api.teams:show", Right.TEAM_VIEW),
    Route("PATCH", _TEAM, "api.teams:change", Right.TEAM_ADMIN),
    Route("DELETE", _TEAM, "api.teams:delete", Right.TEAM_OWN),
    Route("GET", f"{_TEAM}/members", "api.teams:list_members", Right.TEAM_VIEW),
    Route("POST", f"{_TEAM}/members", "api.teams:invite", Right.TEAM_ADMIN),
    Route("PUT", f"{_TEAM}/members/{{person}}", "api.teams:change_role", Right.TEAM_ADMIN),
    # Everybody may leave; to remove others, `accounts.teams` requires TEAM_ADMIN.
    Route("DELETE", f"{_TEAM}/members/{{person}}", "api.teams:remove", Right.TEAM_VIEW),
    Route("GET", f"{_TEAM}/invitations", "api.invitations:list_all", Right.TEAM_ADMIN),
    Route("POST", f"{_TEAM}/invitations/{{invitation}}", "api.invitations:send_again", Right.TEAM_ADMIN),
    Route("DELETE", f"{_TEAM}/invitations/{{invitation}}", "api.invitations:revoke", Right.TEAM_ADMIN),
    Route("GET", f"{_TEAM}/sites", "api.teams:list_sites", Right.TEAM_VIEW),
    Route("DELETE", f"{_TEAM}/sites/{{site}}", "api.teams:give_back", Right.TEAM_ADMIN),
    Route("POST", "/api/v1/invitations", "api.invitations:accept", Right.SIGNED_IN),
    Route("GET", f"{_INSTALLATION}/invitations", "api.invitations:list_all", Right.ADMINISTRATOR),
    Route("POST", f"{_INSTALLATION}/invitations", "api.invitations:invite_to_installation", Right.ADMINISTRATOR),
    Route(
        "POST",
        f"{_INSTALLATION}/invitations/{{invitation}}",
        "api.invitations:send_again",
        Right.ADMINISTRATOR,
    ),
    Route(
        "DELETE",
        f"{_INSTALLATION}/invitations/{{invitation}}",
        "api.invitations:revoke",
        Right.ADMINISTRATOR,
    ),
    Route("GET", "/api/v1/tokens", "api.tokens:list_tokens", Right.SIGNED_IN),
    Route("DELETE", "/api/v1/tokens/{token}", "api.tokens:revoke", Right.SIGNED_IN),
    Route("GET", "/healthz", "api.health:healthz", Right.PUBLIC),
)
