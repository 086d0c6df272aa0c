"""Words that this part of the door shares: where it is, its versions, codes and media types."""

PATHS = "/finix/"
VERSION = "2022-02-01"
"""The version with pages by cursor; whoever names another one, or none, gets the one before it."""
HAL = "application/hal+json"
CHALLENGE = 'Basic realm="countersign"'
ROLE_HEADER = "Finix-Apiuser-Role"
REQUEST_ID = "X-Request-Id"

CODES = {
    400: "BAD_REQUEST",
    401: "UNKNOWN",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    409: "CONFLICT",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_ENTITY",
    429: "TOO_MANY_REQUESTS",
}
INVALID_FIELD = "INVALID_FIELD"
SERVER_ERROR = "SERVER_ERROR"
FAILED = "Something failed on our side. Try again later; if it stays, say the logref."
MESSAGES = {
    400: "The request cannot be understood.",
    401: "Unauthorized",
    403: "Access is denied",
    404: "There is nothing at this address.",
    405: "This address has no such method.",
    413: "The request is too large.",
}
