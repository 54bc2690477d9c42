"""The routes that visitors' browsers ask for."""

from chalicelib.routing import Right, Route

_SCRIPT = "/ingress/{site}/script.js"
_SCRIPT_IDENTIFIED = "/ingress/{site}/{identifier}/script.js"
_PIXEL = "/ingress/{site}/pixel.gif"
_PIXEL_IDENTIFIED = "/ingress/{site}/{identifier}/pixel.gif"

ROUTES = (
    Route("GET", _SCRIPT, "collect.ingress:script", Right.PUBLIC),
    Route("POST", _SCRIPT, "collect.ingress:beacon", Right.PUBLIC),
    Route("OPTIONS", _SCRIPT, "collect.ingress:preflight", Right.PUBLIC),
    Route("GET", _SCRIPT_IDENTIFIED, "collect.ingress:script", Right.PUBLIC),
    Route("POST", _SCRIPT_IDENTIFIED, "collect.ingress:beacon", Right.PUBLIC),
    Route("OPTIONS", _SCRIPT_IDENTIFIED, "collect.ingress:preflight", Right.PUBLIC),
    # Each GET of a pixel is a view. Whoever only looks whether it is there views nothing.
    Route("GET", _PIXEL, "collect.ingress:pixel", Right.PUBLIC, head="collect.ingress:pixel_headers"),
    Route("GET", _PIXEL_IDENTIFIED, "collect.ingress:pixel", Right.PUBLIC, head="collect.ingress:pixel_headers"),
    Route("POST", "/api/event", "collect.plausible:event", Right.PUBLIC),
    Route("OPTIONS", "/api/event", "collect.ingress:preflight", Right.PUBLIC),
)
