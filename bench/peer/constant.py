"""The limit of the framework: Litestar that answers a constant, on the same server."""

from litestar import Litestar, get
from litestar.params import FromPath


@get("/api/v1/certificates/{number:str}")
async def constant(number: FromPath[str]) -> dict[str, str]:  # noqa: ARG001 -- a route with a parameter, like ours
    """Always the same."""
    return {"outcome": "valid"}


app = Litestar([constant], openapi_config=None, logging_config=None)
