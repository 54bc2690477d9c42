"""Rendering of templates, with the headers of every page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from chalice import Response

from chalicelib import config, translation
from chalicelib.accounts.access import appearance
from chalicelib.dashboard import formatting, sections, static_files
from chalicelib.errors import ShylightError
from chalicelib.report.idn import shown_host
from chalicelib.translation import gettext as _
from chalicelib.web import Request, reply

if TYPE_CHECKING:
    from jinja2 import Environment


def content_security_policy(frame_ancestors: str = "'none'") -> str:
    """The policy of a page: no inline scripts or styles, nothing from other hosts.

    :param frame_ancestors: the sources whose pages may embed the page.
    """
    return (
        f"default-src 'self'; object-src 'none'; frame-ancestors {frame_ancestors}; base-uri 'none'; form-action 'self'"
    )


SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": content_security_policy(),
    "Referrer-Policy": "same-origin",
}
# For pages whose URL is a secret: no request that they cause names it.
SECRET_URL_HEADERS = {"Referrer-Policy": "no-referrer"}


# The templates as Python, which deployments add: compiling those of a page takes longer than rendering it.
COMPILED = Path(__file__).with_name("compiled_templates")


@cache
def environment() -> Environment:
    """The Jinja2 environment. Undefined variables are errors."""
    from jinja2 import Environment, FileSystemLoader, ModuleLoader, StrictUndefined

    templates = Path(__file__).with_name("templates")
    env = Environment(
        loader=ModuleLoader(COMPILED) if COMPILED.is_dir() else FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    env.filters.update(formatting.FILTERS, host=shown_host)
    env.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        translation.translation_of, translation.plural_translation_of, newstyle=True
    )
    env.policies["ext.i18n.trimmed"] = True
    env.globals.update(
        min_password_chars=config.MIN_PASSWORD_CHARS,
        most_filter_chars=config.MAX_FILTER_CHARS,
        most_property_chars=config.MAX_PROP_NAME_CHARS,
        most_segment_name_chars=config.MAX_SEGMENT_NAME_CHARS,
        most_annotation_chars=config.MAX_ANNOTATION_CHARS,
        most_annotation_url_chars=config.MAX_ANNOTATION_URL_CHARS,
        language=translation.current_language,
        preferences=appearance.current,
        account_page=sections.first(sections.ACCOUNT),
        administration_page=sections.first(sections.ADMINISTRATION),
    )
    return env


def page(
    request: Request,
    template: str,
    status: int = 200,
    headers: Mapping[str, str | list[str]] | None = None,
    **context: object,
) -> Response:
    """A page rendered from `template` with `context`.

    Templates can also use ``root`` (relative URL of the deployment's root) and ``asset(name)`` (URL of a static file).
    """
    body = (
        environment()
        .get_template(template)
        .render(root=request.root, asset=partial(static_files.href, root=request.root), **context)
    )
    # Names that visitors send can contain lone surrogates, which UTF-8 cannot encode.
    return reply(
        body.encode("utf-8", "replace"), "text/html; charset=utf-8", status, {**SECURITY_HEADERS, **(headers or {})}
    )


def retry_after(error: ShylightError | None) -> dict[str, str]:
    """The header that says when to try again, if the error knows."""
    return {"Retry-After": str(error.retry_after)} if error is not None and error.retry_after is not None else {}


def confirmation(request: Request, texts: Mapping[str, str]) -> str:
    """What the page confirms, by the value of ``done`` in its query; ``""`` if that is none of `texts`.

    :param texts: not translated.
    """
    text = texts.get(request.query.get("done", ""), "")
    return _(text) if text else ""


def sentence(error: ShylightError | None) -> str:
    """An error as a sentence, though its message may begin with the name of a field; ``""`` without one."""
    return error.message[:1].upper() + error.message[1:] if error is not None else ""
