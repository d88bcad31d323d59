"""/docs: the OpenAPI document as a page, with everything it needs from this process.

A network without internet shows it too, and no other host's script ever runs beside a tenant's key. Swagger UI's files
are those of the package fastapi-swagger, which is never imported.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, Response

PACKAGE = "fastapi-swagger"
FILES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Swagger UI writes styles into its elements; no script can come that way
        "img-src 'self' data:",  # its icons are in its style sheet
        "connect-src 'self'",  # the document, and "Try it out"
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
A_DAY = "public, max-age=86400"  # a file's address carries the release it is from

# Relative addresses: behind a proxy the API may be somewhere below the root.
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cloche</title>
<link rel="icon" href="docs/favicon-32x32.png?{release}">
<link rel="stylesheet" href="docs/swagger-ui.css?{release}">
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js?{release}"></script>
<script src="docs/start.js"></script>
</html>
"""
START = """SwaggerUIBundle({
  url: new URL("openapi.json", document.baseURI).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
"""


def install(app: FastAPI) -> None:
    """Give the application its pages. Raises where Swagger UI's files are not installed."""
    folder = _folder()
    page = PAGE.format(release=version(PACKAGE))

    async def docs(_: Request) -> Response:
        return Response(page, media_type="text/html", headers=HEADERS)

    async def start(_: Request) -> Response:
        return Response(START, media_type="text/javascript", headers={**HEADERS, "Cache-Control": "no-cache"})

    async def asset(request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        headers = {**HEADERS, "Cache-Control": A_DAY}
        return FileResponse(folder / name, media_type=FILES[name], headers=headers)

    for path, endpoint in (("/docs", docs), ("/docs/start.js", start), *((f"/docs/{name}", asset) for name in FILES)):
        app.add_route(path, endpoint, methods=["GET"], include_in_schema=False)


def _folder() -> Path:
    spec = find_spec(PACKAGE.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{PACKAGE} is not installed; run make setup.")
    return Path(spec.submodule_search_locations[0]) / "resources"
