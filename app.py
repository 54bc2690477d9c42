"""Shylight, the whole program on one page: its routes, its queue consumer and its schedules. No logic lives here.

The functions import what they need when they run: Chalice puts all routes in one Lambda, and a page view must not wait
for the dashboard's libraries to load. The routes of the collector can also be reached at a function of their own.
"""

from typing import Any

from chalice.app import CloudWatchEvent, Rate, SQSEvent

from chalicelib import cold_start, config, dispatch, middleware
from chalicelib.application import ShylightApp

app = ShylightApp(app_name=config.APP)
# A browser's image request must get bytes; see docs/adr/0002. LocalStack overlooks */*, so images are named too.
app.api.binary_types = ["*/*", "image/*"]
app.error_page = dispatch.error_page
app.is_outage = dispatch.is_outage
app.register_middleware(middleware.invocation, "all")

# Every route is a row of chalicelib/{collect,dashboard,api}/routes.py.
dispatch.register(app)
cold_start.begin()


@app.lambda_function()
def collect(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer the collector's routes at a URL of this function, without API Gateway."""
    from chalicelib.collect import function_url

    return function_url.answer(app, event, context)


@app.on_sqs_message(
    queue=config.settings().queue,
    batch_size=100,
    maximum_batching_window_in_seconds=2,
    maximum_concurrency=config.settings().worker_concurrency,
)
def worker(event: SQSEvent) -> None:
    """Enrich and store the hits of a batch."""
    from chalicelib.enrich.worker import handle_batch

    handle_batch(event.to_dict()["Records"])


@app.schedule(Rate(config.AGGREGATE_EVERY_MIN, unit=Rate.MINUTES))
def aggregate(event: CloudWatchEvent) -> None:
    """Bring the figures of days with new hits up to date; also invoked for a site that somebody is looking at."""
    from chalicelib.aggregate import schedule

    schedule.refresh_marked(event.context, event.detail.get("site"))


@app.schedule(Rate(config.EXPIRE_SALTS_EVERY_MIN, unit=Rate.MINUTES))
def expire_salts(event: CloudWatchEvent) -> None:
    """Destroy the salts of days that are over."""
    from chalicelib.aggregate import schedule

    schedule.destroy_finished_salts()


@app.schedule(Rate(config.DELETE_SITES_EVERY_MIN, unit=Rate.MINUTES))
def delete_sites(event: CloudWatchEvent) -> None:
    """Remove what is stored of deleted sites and people; also invoked when a site is deleted."""
    from chalicelib.accounts.people import deletion_job

    deletion_job.run(event.context)


@app.schedule(Rate(config.UPDATE_GEOIP_EVERY_DAYS, unit=Rate.DAYS))
def update_geoip(event: CloudWatchEvent) -> None:
    """Fetch newer GeoIP databases."""
    from chalicelib.enrich import geoip_update

    geoip_update.run()
