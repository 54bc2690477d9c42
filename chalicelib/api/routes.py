"""The routes of the JSON API, which `openapi.json` describes."""

from chalicelib.routing import Right, Route, Scope

_SITE = "/api/v1/sites/{site}"
_ANNOTATIONS = f"{_SITE}/annotations"
_ANNOTATION = f"{_ANNOTATIONS}/{{annotation}}"
_PEOPLE = f"{_SITE}/people"
_TEAM = "/api/v1/teams/{team}"
_MEMBER = f"{_TEAM}/members/{{person}}"
_TO_SITE = f"{_SITE}/invitations"
_TO_TEAM = f"{_TEAM}/invitations"
_ACCOUNT = "/api/v1/account"
_ADMINISTRATION = "/api/v1/administration"
_TO_INSTALLATION = f"{_ADMINISTRATION}/invitations"
_DEAD_LETTERS = f"{_ADMINISTRATION}/dead-letters"
_PERSON = f"{_ADMINISTRATION}/people/{{person}}"
_READ = (Right.ADMINISTRATOR, Scope.INSTALLATION_READ)
_WRITE = (Right.ADMINISTRATOR, Scope.INSTALLATION_WRITE)
_TOKENS = "/api/v1/tokens"
_TRANSFERS = "/api/v1/transfers"
_DELETIONS = "/api/v1/deletions"

ROUTES = (
    Route("GET", "/api/v1/openapi.json", "api.openapi:document", Right.PUBLIC),
    Route("GET", "/api/v1/sites", "api.sites:list_sites", Right.SIGNED_IN, Scope.SITES_READ, filters_sites=True),
    Route("POST", "/api/v1/sites", "api.sites:create", Right.SIGNED_IN, Scope.SITES_WRITE, creates=True),
    Route("GET", _SITE, "api.sites:show", Right.SITE_VIEW, Scope.SITES_READ),
    Route("PATCH", _SITE, "api.sites:change", Right.SITE_EDIT, Scope.SITES_WRITE),
    Route("DELETE", _SITE, "api.site_deletions:begin", Right.SITE_OWN, Scope.SITES_OWN),
    Route("PUT", f"{_SITE}/settings", "api.sites:copy_settings", Right.SITE_EDIT, Scope.SITES_WRITE),
    Route("GET", f"{_SITE}/stats", "api.stats:show", Right.SITE_VIEW, Scope.STATS_READ),
    Route(
        "GET",
        "/api/v1/dashboard",
        "api.shynet_dashboard:show",
        Right.SIGNED_IN,
        Scope.STATS_READ,
        filters_sites=True,
        like_shynet=True,
    ),
    Route("GET", f"{_SITE}/visits", "api.visits:show", Right.SITE_VIEW, Scope.STATS_READ),
    Route("GET", f"{_SITE}/breakdown", "api.breakdown:show", Right.SITE_VIEW, Scope.STATS_READ),
    Route("GET", f"{_SITE}/realtime", "api.realtime:show", Right.SITE_VIEW, Scope.STATS_READ),
    Route("GET", f"{_SITE}/stats.csv", "api.stats:show_csv", Right.SITE_VIEW, Scope.STATS_READ),
    Route("GET", f"{_SITE}/visits.csv", "api.visits:show_csv", Right.SITE_VIEW, Scope.STATS_READ),
    Route("GET", f"{_SITE}/breakdown.csv", "api.breakdown:show_csv", Right.SITE_VIEW, Scope.STATS_READ),
    Route("GET", f"{_SITE}/events", "api.events:show", Right.SITE_VIEW, Scope.STATS_READ),
    Route("GET", f"{_SITE}/ledger", "api.excluded_traffic:show", Right.SITE_VIEW, Scope.STATS_READ),
    # Creates nothing that has an id of its own: hits bring theirs.
    Route("POST", f"{_SITE}/hits", "api.hits:create", Right.SITE_EDIT, Scope.HITS_WRITE),
    Route("GET", _PEOPLE, "api.site_people:list_people", Right.SITE_ADMIN, Scope.PEOPLE_READ),
    Route("POST", _PEOPLE, "api.site_people:invite", Right.SITE_ADMIN, Scope.PEOPLE_WRITE, creates=True),
    Route("PUT", f"{_PEOPLE}/{{person}}", "api.site_people:change", Right.SITE_ADMIN, Scope.PEOPLE_WRITE),
    # Everybody may leave; to remove others, `accounts.membership.site_people` requires SITE_ADMIN.
    Route("DELETE", f"{_PEOPLE}/{{person}}", "api.site_people:remove", Right.SITE_VIEW, Scope.PEOPLE_WRITE),
    Route("GET", f"{_SITE}/transfer", "api.site_transfers:show_own", Right.SITE_OWN, Scope.SITES_OWN),
    Route("PUT", f"{_SITE}/transfer", "api.site_transfers:offer", Right.SITE_OWN, Scope.SITES_OWN),
    Route("DELETE", f"{_SITE}/transfer", "api.site_transfers:cancel", Right.SITE_OWN, Scope.SITES_OWN),
    Route("GET", _TRANSFERS, "api.site_transfers:list_offers", Right.SIGNED_IN, Scope.SITES_OWN),
    Route("PUT", f"{_TRANSFERS}/{{transfer}}", "api.site_transfers:accept", Right.SIGNED_IN, Scope.SITES_OWN),
    Route("DELETE", f"{_TRANSFERS}/{{transfer}}", "api.site_transfers:decline", Right.SIGNED_IN, Scope.SITES_OWN),
    Route("GET", _DELETIONS, "api.site_deletions:list_deletions", Right.SIGNED_IN, Scope.SITES_OWN, filters_sites=True),
    Route(
        "GET",
        f"{_DELETIONS}/{{deletion}}",
        "api.site_deletions:show",
        Right.SIGNED_IN,
        Scope.SITES_OWN,
        filters_sites=True,
    ),
    Route("GET", "/api/v1/site-order", "api.sites:show_order", Right.SIGNED_IN, Scope.SITES_READ),
    Route("PUT", "/api/v1/site-order", "api.sites:set_order", Right.SIGNED_IN, Scope.SITES_WRITE),
    Route("GET", f"{_SITE}/segments", "api.saved_segments:list_all", Right.SITE_VIEW, Scope.SITES_READ),
    Route("POST", f"{_SITE}/segments", "api.saved_segments:create", Right.SITE_VIEW, Scope.SITES_WRITE, creates=True),
    Route("PUT", f"{_SITE}/segments/{{segment}}", "api.saved_segments:replace", Right.SITE_VIEW, Scope.SITES_WRITE),
    Route("DELETE", f"{_SITE}/segments/{{segment}}", "api.saved_segments:delete", Right.SITE_VIEW, Scope.SITES_WRITE),
    Route("GET", _ANNOTATIONS, "api.site_annotations:list_all", Right.SITE_VIEW, Scope.STATS_READ),
    Route("POST", _ANNOTATIONS, "api.site_annotations:create", Right.SITE_EDIT, Scope.ANNOTATIONS_WRITE, creates=True),
    Route("PATCH", _ANNOTATION, "api.site_annotations:change", Right.SITE_EDIT, Scope.ANNOTATIONS_WRITE),
    Route("DELETE", _ANNOTATION, "api.site_annotations:delete", Right.SITE_EDIT, Scope.ANNOTATIONS_WRITE),
    Route("GET", f"{_SITE}/shares", "api.shares:list_shares", Right.SITE_ADMIN, Scope.SHARES_READ),
    Route("POST", f"{_SITE}/shares", "api.shares:create", Right.SITE_ADMIN, Scope.SHARES_WRITE, creates=True),
    Route("PATCH", f"{_SITE}/shares/{{share}}", "api.shares:change", Right.SITE_ADMIN, Scope.SHARES_WRITE),
    Route("DELETE", f"{_SITE}/shares/{{share}}", "api.shares:revoke", Right.SITE_ADMIN, Scope.SHARES_WRITE),
    Route("GET", f"{_SITE}/counter", "api.counter:show_address", Right.SITE_ADMIN, Scope.SHARES_READ),
    Route("PUT", f"{_SITE}/counter", "api.counter:switch", Right.SITE_ADMIN, Scope.SHARES_WRITE),
    Route("GET", "/counter/{file}", "api.counter:show", Right.COUNTER_KEY),
    Route("GET", _TO_SITE, "api.invitations:list_all", Right.SITE_ADMIN, Scope.PEOPLE_READ),
    Route(
        "POST",
        f"{_TO_SITE}/{{invitation}}",
        "api.invitations:send_again",
        Right.SITE_ADMIN,
        Scope.PEOPLE_WRITE,
        creates=True,
    ),
    Route("DELETE", f"{_TO_SITE}/{{invitation}}", "api.invitations:revoke", Right.SITE_ADMIN, Scope.PEOPLE_WRITE),
    Route("GET", f"{_SITE}/teams", "api.site_teams:list_teams", Right.SITE_ADMIN, Scope.PEOPLE_READ),
    Route("PUT", f"{_SITE}/teams/{{team}}", "api.site_teams:give", Right.SITE_ADMIN, Scope.PEOPLE_WRITE),
    Route("DELETE", f"{_SITE}/teams/{{team}}", "api.site_teams:take", Right.SITE_ADMIN, Scope.PEOPLE_WRITE),
    Route("GET", "/api/v1/teams", "api.teams:list_teams", Right.SIGNED_IN, Scope.PEOPLE_READ),
    Route("POST", "/api/v1/teams", "api.teams:create", Right.SIGNED_IN, Scope.PEOPLE_WRITE, creates=True),
    Route("GET", _TEAM, "api.teams:show", Right.TEAM_VIEW, Scope.PEOPLE_READ),
    Route("PATCH", _TEAM, "api.teams:change", Right.TEAM_ADMIN, Scope.PEOPLE_WRITE),
    Route("DELETE", _TEAM, "api.teams:delete", Right.TEAM_OWN, Scope.PEOPLE_WRITE),
    Route("GET", f"{_TEAM}/members", "api.teams:list_members", Right.TEAM_VIEW, Scope.PEOPLE_READ),
    Route("POST", f"{_TEAM}/members", "api.teams:invite", Right.TEAM_ADMIN, Scope.PEOPLE_WRITE, creates=True),
    Route("PUT", _MEMBER, "api.teams:change_role", Right.TEAM_ADMIN, Scope.PEOPLE_WRITE),
    # Everybody may leave; to remove others, `accounts.membership.teams` requires TEAM_ADMIN.
    Route("DELETE", _MEMBER, "api.teams:remove", Right.TEAM_VIEW, Scope.PEOPLE_WRITE),
    Route("GET", _TO_TEAM, "api.invitations:list_all", Right.TEAM_ADMIN, Scope.PEOPLE_READ),
    Route(
        "POST",
        f"{_TO_TEAM}/{{invitation}}",
        "api.invitations:send_again",
        Right.TEAM_ADMIN,
        Scope.PEOPLE_WRITE,
        creates=True,
    ),
    Route("DELETE", f"{_TO_TEAM}/{{invitation}}", "api.invitations:revoke", Right.TEAM_ADMIN, Scope.PEOPLE_WRITE),
    Route("GET", f"{_TEAM}/sites", "api.teams:list_sites", Right.TEAM_VIEW, Scope.PEOPLE_READ),
    Route("DELETE", f"{_TEAM}/sites/{{site}}", "api.teams:give_back", Right.TEAM_ADMIN, Scope.PEOPLE_WRITE),
    Route("POST", "/api/v1/invitations", "api.invitations:accept", Right.SIGNED_IN, Scope.PEOPLE_WRITE, creates=True),
    Route("GET", _TO_INSTALLATION, "api.invitations:list_all", Right.ADMINISTRATOR, Scope.PEOPLE_READ),
    Route(
        "POST",
        _TO_INSTALLATION,
        "api.invitations:invite_to_installation",
        Right.ADMINISTRATOR,
        Scope.PEOPLE_WRITE,
        creates=True,
    ),
    Route(
        "POST",
        f"{_TO_INSTALLATION}/{{invitation}}",
        "api.invitations:send_again",
        Right.ADMINISTRATOR,
        Scope.PEOPLE_WRITE,
        creates=True,
    ),
    Route(
        "DELETE",
        f"{_TO_INSTALLATION}/{{invitation}}",
        "api.invitations:revoke",
        Right.ADMINISTRATOR,
        Scope.PEOPLE_WRITE,
    ),
    Route("GET", f"{_SITE}/audit-log", "api.audit_log:of_site", Right.SITE_ADMIN, Scope.PEOPLE_READ),
    Route("GET", f"{_ADMINISTRATION}/audit-log", "api.audit_log:of_installation", *_READ),
    Route("GET", f"{_ADMINISTRATION}/people", "api.administration_people:list_people", *_READ),
    Route("GET", _PERSON, "api.administration_people:show", *_READ),
    Route("PATCH", _PERSON, "api.administration_people:change", *_WRITE),
    Route("DELETE", _PERSON, "api.administration_people:delete", *_WRITE),
    Route("GET", f"{_PERSON}/deletion", "api.administration_people:show_deletion", *_READ),
    Route("DELETE", f"{_PERSON}/sessions", "api.administration_people:end_sessions", *_WRITE),
    Route("DELETE", f"{_PERSON}/second-factor", "api.administration_people:reset_second_factor", *_WRITE),
    Route("GET", f"{_ADMINISTRATION}/sites", "api.administration_sites:list_sites", *_READ),
    Route("GET", f"{_ADMINISTRATION}/usage", "api.administration_sites:show_usage", *_READ),
    Route("GET", f"{_ADMINISTRATION}/excluded", "api.administration_sites:show_excluded", *_READ),
    Route("GET", _ACCOUNT, "api.account:show", Right.SIGNED_IN, Scope.ACCOUNT_READ),
    Route("PATCH", _ACCOUNT, "api.account:change", Right.SIGNED_IN, Scope.ACCOUNT_WRITE),
    Route("DELETE", _ACCOUNT, "api.account:delete", Right.SIGNED_IN, Scope.ACCOUNT_DELETE),
    Route("GET", _TOKENS, "api.tokens:list_tokens", Right.SIGNED_IN, Scope.TOKENS_READ, filters_sites=True),
    Route("POST", _TOKENS, "api.tokens:create", Right.SIGNED_IN, Scope.TOKENS_WRITE, filters_sites=True, creates=True),
    Route(
        "DELETE", f"{_TOKENS}/{{token}}", "api.tokens:revoke", Right.SIGNED_IN, Scope.TOKENS_WRITE, filters_sites=True
    ),
    Route("GET", "/api/v1/health", "api.deployment_health:show", *_READ),
    Route("GET", f"{_ADMINISTRATION}/queues", "api.administration_queues:show", *_READ),
    Route("GET", _DEAD_LETTERS, "api.administration_queues:list_dead_letters", *_READ),
    Route("GET", f"{_DEAD_LETTERS}/{{letter}}", "api.administration_queues:show_dead_letter", *_READ),
    Route("POST", f"{_DEAD_LETTERS}/redrive", "api.administration_queues:redrive", *_WRITE, creates=True),
    Route("POST", f"{_DEAD_LETTERS}/discard", "api.administration_queues:discard", *_WRITE, creates=True),
    Route("GET", f"{_ADMINISTRATION}/schedule", "api.administration_schedule:show", *_READ),
    Route("GET", f"{_ADMINISTRATION}/geoip", "api.administration_geoip:show", *_READ),
    Route("PUT", f"{_ADMINISTRATION}/geoip/source", "api.administration_geoip:choose_source", *_WRITE),
    Route("POST", f"{_ADMINISTRATION}/geoip/update", "api.administration_geoip:update", *_WRITE, creates=True),
    Route("GET", f"{_ADMINISTRATION}/settings", "api.administration_settings:show", *_READ),
    Route("PATCH", f"{_ADMINISTRATION}/settings", "api.administration_settings:change", *_WRITE),
    Route("POST", f"{_ADMINISTRATION}/test-mail", "api.administration_settings:send_test_mail", *_WRITE, creates=True),
    Route("GET", "/healthz", "api.health:healthz", Right.PUBLIC),
)
# Everything else below /api. A request whose path matches a route of above, but not its method, comes here too:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html
UNKNOWN = tuple(
    Route(method, "/api/{proxy+}", "api.unknown:answer", Right.PUBLIC)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
)
