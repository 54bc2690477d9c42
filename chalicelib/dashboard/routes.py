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
    Route("GET", "/sites/{site}/sharing", "dashboard.sharing:show", Right.SITE_ADMIN),
    Route("POST", "/sites/{site}/sharing", "dashboard.sharing:create", Right.SITE_ADMIN),
    Route("POST", "/sites/{site}/sharing/{share}", "dashboard.sharing:change", Right.SITE_ADMIN),
    Route("POST", "/sites/{site}/counter", "dashboard.sharing:switch_counter", Right.SITE_ADMIN),
    Route("GET", "/share/{link}", "dashboard.shared_page:show", Right.SHARED_LINK),
    Route("POST", "/share/{link}", "dashboard.shared_password:unlock_link", Right.PUBLIC),
    Route("GET", "/public/{site}", "dashboard.shared_page:show", Right.PUBLIC_PAGE),
    Route("POST", "/public/{site}", "dashboard.shared_password:unlock_public_page", Right.PUBLIC),
    Route("GET", "/badge/{file}", "dashboard.badge:show", Right.COUNTER_KEY),
    Route("GET", "/sign-in", "dashboard.sign_in:show_form", Right.PUBLIC),
    Route("POST", "/sign-in", "dashboard.sign_in:sign_in", Right.PUBLIC),
    Route("GET", "/sign-in/{token}", "dashboard.sign_in:show_link", Right.PUBLIC),
    Route("POST", "/sign-in/{token}", "dashboard.sign_in:use_link", Right.PUBLIC),
    Route("POST", "/sign-out", "dashboard.sign_in:sign_out", Right.PUBLIC),
    Route("GET", "/static/{file}", "dashboard.static_files:file", Right.PUBLIC),
)
