"""The routes of the pages."""

from chalicelib.routing import Right, Route

ROUTES = (
    Route("GET", "/", "dashboard.home:redirect_home", Right.PUBLIC),
    Route("GET", "/sites", "dashboard.home:show", Right.SIGNED_IN),
    Route("POST", "/sites", "dashboard.home:create_site", Right.SIGNED_IN),
    Route("GET", "/sites/{site}", "dashboard.overview:show", Right.SITE_VIEW),
    Route("GET", "/sites/{site}/ledger", "dashboard.excluded_traffic:show", Right.SITE_VIEW),
    Route("GET", "/sites/{site}/install", "dashboard.install:show", Right.SITE_VIEW),
    Route("GET", "/sites/{site}/settings", "dashboard.site_settings_page:show", Right.SITE_EDIT),
    Route("POST", "/sites/{site}/settings", "dashboard.site_settings_page:save", Right.SITE_EDIT),
    Route("GET", "/sign-in", "dashboard.sign_in:show_form", Right.PUBLIC),
    Route("POST", "/sign-in", "dashboard.sign_in:sign_in", Right.PUBLIC),
    Route("GET", "/sign-in/oidc", "dashboard.provider_sign_in:start", Right.PUBLIC),
    Route("GET", "/sign-in/oidc/callback", "dashboard.provider_sign_in:finish", Right.PUBLIC),
    Route("GET", "/sign-in/{token}", "dashboard.sign_in:show_link", Right.PUBLIC),
    Route("POST", "/sign-in/{token}", "dashboard.sign_in:use_link", Right.PUBLIC),
    Route("POST", "/sign-out", "dashboard.sign_in:sign_out", Right.PUBLIC),
    Route("GET", "/account/identities", "dashboard.identities:show", Right.SIGNED_IN),
    Route("POST", "/account/identities", "dashboard.identities:save", Right.SIGNED_IN),
    Route("GET", "/static/{file}", "dashboard.static_files:file", Right.PUBLIC),
)
