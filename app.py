"""Shylight, the whole program on one page: every route, queue consumer and schedule. No logic lives here.

The functions import what they need when they run: Chalice puts all routes in one Lambda, and a page view must
not wait for the dashboard's libraries to load.
"""

from chalice import Response
from chalice.app import CloudWatchEvent, Rate, SQSEvent

from chalicelib import config
from chalicelib.errors import ShylightError
from chalicelib.web import Request, ShylightApp, invocation, serve


def error_page(request: Request, error: ShylightError) -> Response:
    from chalicelib.report import pages

    return pages.error(request, error)


app = ShylightApp(app_name=config.APP)
# A browser's image request must get bytes; see docs/adr/0002. LocalStack overlooks */*, so images are named too.
app.api.binary_types = ["*/*", "image/*"]
app.error_page = error_page
app.register_middleware(invocation, "all")
ANY_BODY = ["*/*"]  # beacons come as text/plain, so that no browser sends a preflight
HITS = config.settings().queue

# ── collect: what visitors' browsers ask for ─────────────────────────────────────────────────────────────────


@app.route("/ingress/{site}/script.js", methods=["GET"])
def script(site: str) -> Response:
    from chalicelib.collect import ingress

    return serve(app, ingress.script, site=site)


@app.route("/ingress/{site}/{identifier}/script.js", methods=["GET"])
def script_identified(site: str, identifier: str) -> Response:
    from chalicelib.collect import ingress

    return serve(app, ingress.script, site=site, identifier=identifier)


@app.route("/ingress/{site}/script.js", methods=["POST"], content_types=ANY_BODY)
def beacon(site: str) -> Response:
    from chalicelib.collect import ingress

    return serve(app, ingress.beacon, site=site)


@app.route("/ingress/{site}/{identifier}/script.js", methods=["POST"], content_types=ANY_BODY)
def beacon_identified(site: str, identifier: str) -> Response:
    from chalicelib.collect import ingress

    return serve(app, ingress.beacon, site=site, identifier=identifier)


@app.route("/ingress/{site}/script.js", methods=["OPTIONS"])
def preflight(site: str) -> Response:
    from chalicelib.collect import ingress

    return serve(app, ingress.preflight, site=site)


@app.route("/ingress/{site}/{identifier}/script.js", methods=["OPTIONS"])
def preflight_identified(site: str, identifier: str) -> Response:
    from chalicelib.collect import ingress

    return serve(app, ingress.preflight, site=site, identifier=identifier)


@app.route("/api/event", methods=["POST"], content_types=ANY_BODY)
def plausible_event() -> Response:
    from chalicelib.collect import plausible

    return serve(app, plausible.event)


@app.route("/api/event", methods=["OPTIONS"])
def plausible_preflight() -> Response:
    from chalicelib.collect import ingress

    return serve(app, ingress.preflight)


@app.route("/ingress/{site}/pixel.gif", methods=["GET"])
def pixel(site: str) -> Response:
    from chalicelib.collect import ingress

    return serve(app, ingress.pixel, site=site)


@app.route("/ingress/{site}/{identifier}/pixel.gif", methods=["GET"])
def pixel_identified(site: str, identifier: str) -> Response:
    from chalicelib.collect import ingress

    return serve(app, ingress.pixel, site=site, identifier=identifier)


# ── enrich and store ─────────────────────────────────────────────────────────────────────────────────────────


@app.on_sqs_message(queue=HITS, batch_size=100, maximum_batching_window_in_seconds=1)
def worker(event: SQSEvent) -> None:
    from chalicelib.enrich.worker import take

    take(event.to_dict()["Records"])


@app.schedule(Rate(7, unit=Rate.DAYS))
def refresh_places(event: CloudWatchEvent) -> None:
    from chalicelib.enrich import renewal

    renewal.run()


# ── aggregate ────────────────────────────────────────────────────────────────────────────────────────────────


@app.schedule(Rate(5, unit=Rate.MINUTES))
def refresh(event: CloudWatchEvent) -> None:
    from chalicelib.aggregate import schedule

    schedule.refresh_marked(event.context)


@app.schedule(Rate(15, unit=Rate.MINUTES))
def forget(event: CloudWatchEvent) -> None:
    from chalicelib.aggregate import schedule

    schedule.destroy_finished_salts()


# ── report: pages ────────────────────────────────────────────────────────────────────────────────────────────


@app.route("/", methods=["GET"])
def root() -> Response:
    from chalicelib.report import pages

    return serve(app, pages.root)


@app.route("/sites", methods=["GET"])
def home() -> Response:
    from chalicelib.report import pages

    return serve(app, pages.home)


@app.route("/sites", methods=["POST"], content_types=ANY_BODY)
def create_site() -> Response:
    from chalicelib.report import pages

    return serve(app, pages.create_site)


@app.route("/sites/{site}", methods=["GET"])
def overview(site: str) -> Response:
    from chalicelib.report import pages

    return serve(app, pages.overview, site=site)


@app.route("/sites/{site}/ledger", methods=["GET"])
def ledger(site: str) -> Response:
    from chalicelib.report import pages

    return serve(app, pages.ledger, site=site)


@app.route("/static/{file}", methods=["GET"])
def static(file: str) -> Response:
    from chalicelib.report import static

    return serve(app, static.file, file=file)


# ── accounts: signing in and out ─────────────────────────────────────────────────────────────────────────────


@app.route("/sign-in", methods=["GET"])
def sign_in_form() -> Response:
    from chalicelib.report import doors

    return serve(app, doors.sign_in_form)


@app.route("/sign-in", methods=["POST"], content_types=ANY_BODY)
def sign_in() -> Response:
    from chalicelib.report import doors

    return serve(app, doors.sign_in)


@app.route("/sign-in/{token}", methods=["GET"])
def sign_in_link(token: str) -> Response:
    from chalicelib.report import doors

    return serve(app, doors.sign_in_link, token=token)


@app.route("/sign-in/{token}", methods=["POST"], content_types=ANY_BODY)
def sign_in_with_link(token: str) -> Response:
    from chalicelib.report import doors

    return serve(app, doors.sign_in_with_link, token=token)


@app.route("/sign-out", methods=["POST"], content_types=ANY_BODY)
def sign_out() -> Response:
    from chalicelib.report import doors

    return serve(app, doors.sign_out)


# ── report: the API ──────────────────────────────────────────────────────────────────────────────────────────


@app.route("/api/v1/openapi.json", methods=["GET"])
def api_description() -> Response:
    from chalicelib.report import openapi

    return serve(app, openapi.document)


@app.route("/api/v1/sites", methods=["GET"])
def api_sites() -> Response:
    from chalicelib.accounts import api

    return serve(app, api.sites)


@app.route("/api/v1/sites", methods=["POST"], content_types=ANY_BODY)
def api_create_site() -> Response:
    from chalicelib.accounts import api

    return serve(app, api.create_site)


@app.route("/api/v1/sites/{site}", methods=["GET"])
def api_site(site: str) -> Response:
    from chalicelib.accounts import api

    return serve(app, api.site, site=site)


@app.route("/api/v1/sites/{site}", methods=["PATCH"], content_types=ANY_BODY)
def api_change_site(site: str) -> Response:
    from chalicelib.accounts import api

    return serve(app, api.change_site, site=site)


@app.route("/api/v1/tokens", methods=["GET"])
def api_tokens() -> Response:
    from chalicelib.accounts import api

    return serve(app, api.list_tokens)


@app.route("/api/v1/tokens/{token}", methods=["DELETE"], content_types=ANY_BODY)
def api_revoke_token(token: str) -> Response:
    from chalicelib.accounts import api

    return serve(app, api.revoke_token, token=token)


@app.route("/api/v1/sites/{site}/events", methods=["GET"])
def api_events(site: str) -> Response:
    from chalicelib.report import api

    return serve(app, api.event_properties, site=site)


@app.route("/api/v1/sites/{site}/ledger", methods=["GET"])
def api_ledger(site: str) -> Response:
    from chalicelib.report import api

    return serve(app, api.ledger, site=site)


@app.route("/api/v1/sites/{site}/stats", methods=["GET"])
def api_stats(site: str) -> Response:
    from chalicelib.report import api

    return serve(app, api.stats, site=site)


@app.route("/api/v1/sites/{site}/visits", methods=["GET"])
def api_visits(site: str) -> Response:
    from chalicelib.report import api

    return serve(app, api.visits_of_site, site=site)


@app.route("/api/v1/sites/{site}/hits", methods=["POST"], content_types=ANY_BODY)
def api_import_hits(site: str) -> Response:
    from chalicelib.report import api

    return serve(app, api.import_hits, site=site)


@app.route("/healthz", methods=["GET"])
def healthz() -> Response:
    from chalicelib.report import health

    return serve(app, health.healthz)
