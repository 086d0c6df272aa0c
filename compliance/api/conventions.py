"""Settings of the REST framework and of the OpenAPI document: plain data that settings.py takes."""

from typing import Any

PATHS = "/api/"
MIDDLEWARE = [
    "compliance.api.envelope.EnvelopeMiddleware",
    "compliance.api.finix.envelope.FinixMiddleware",
]
"""What surrounds each of the two doors for programs; it stands before all other middleware."""
TOKEN_SCHEME = "token"  # noqa: S105  the name of the scheme in the document, no secret
CHALLENGE = 'Bearer realm="countersign"'
ERROR_SHAPE = {"$ref": "#/components/schemas/ErrorEnvelope"}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["compliance.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["compliance.api.throttling.TokenThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["compliance.api.multipart.WholeMultiPartParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "compliance.api.errors.answer",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

_ERROR: dict[str, Any] = {
    "type": "object",
    "description": "The one shape of every error.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "A word for programs, as `invalid`."},
                "message": {
                    "type": "string",
                    "description": "A sentence for the person who must act.",
                },
                "fields": {
                    "type": "object",
                    "description": "What to mend, by the name of the field or parameter.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
                "request_id": {
                    "type": "string",
                    "description": "Names this call in the server's log; also in X-Request-ID.",
                },
            },
        }
    },
}

SPECTACULAR: dict[str, Any] = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "Countersign",
    "VERSION": "1",
    "DESCRIPTION": (
        "Read and hand in evidence of SOC 2 controls.\n\n"
        "Every call carries `Authorization: Bearer cs_...`; each operation names the scope that "
        "its token needs. Evidence and runs come newest first, a page at a time: pass "
        "`next_cursor` back as `cursor` until it is null. A filtered page looks at a bounded "
        "number of rows, so it may hold fewer items than `limit`, or none, although more follow. "
        "Every error has the same shape."
    ),
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]+",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "EvidenceKindEnum": "evidence.models.Evidence.Kind",
        "ExpectationKindEnum": "controls.models.Expectation.Kind",
        "CheckStateEnum": "evidence.models.CheckResult.State",
        "RunStateEnum": "collectors.models.Run.State",
        "FindingStateEnum": "audits.finding_record.STATE_CHOICES",
        "FindingKindEnum": "audits.finding_record.KIND_CHOICES",
        "RequestSideEnum": "audits.models.requests.Side",
        "RequestStateEnum": "compliance.api.requests.STATES",
        "ReviewDecisionEnum": "evidence.models.Review.Decision",
    },
    "TAGS": [
        {"name": "evidence", "description": "Items, their bytes and their proofs"},
        {"name": "controls", "description": "Controls in force and what they expect"},
        {"name": "runs", "description": "Attempts to collect, the failed ones too"},
        {"name": "engagements", "description": "Audits, their scope and their coverage"},
        {"name": "requests", "description": "What auditors asked for, and what was answered"},
        {"name": "samples", "description": "Sealed populations, draws and work sheets"},
        {"name": "findings", "description": "Deviations, with all that was said and done"},
        {"name": "checkpoint", "description": "The signed state of the log"},
    ],
    "APPEND_COMPONENTS": {
        "schemas": {"ErrorEnvelope": _ERROR},
        "securitySchemes": {
            TOKEN_SCHEME: {
                "type": "http",
                "scheme": "bearer",
                "description": "An API token as an administrator issued it: `Bearer cs_...`",
            }
        },
    },
}
