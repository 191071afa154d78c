"""Script, style and drawings of the pages."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from callaudit.web.statics import statics

router = APIRouter()
FOR_GOOD = "public, max-age=31536000, immutable"


@router.get("/static/{name}", include_in_schema=False)
async def static_file(name: str, request: Request) -> Response:
    """One of the files that were read when the desk opened; no path of a disk is made from the name."""
    found = statics().files.get(name)
    if found is None:
        raise HTTPException(404)
    headers = {"Cache-Control": FOR_GOOD, "ETag": f'"{name}"', "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=found.kind)
    return Response(found.content, headers=headers, media_type=found.kind)
