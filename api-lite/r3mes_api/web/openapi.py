"""The description of the API (OpenAPI 3.1), from the routes as they are registered and the models that read bodies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from r3mes_api.routes.chat import SimpleChat
from r3mes_api.routes.generate import Generate
from r3mes_api.routes.interop import REFUSED_WRITES
from r3mes_api.routes.router import Route
from r3mes_protocol import __version__
from r3mes_protocol.chat import ChatRequest
from r3mes_protocol.embeddings import MAX_INPUTS
from r3mes_protocol.errors import ErrorCode
from r3mes_protocol.limits import MAX_NAME_CHARS

_REFERENCE = "#/components/schemas/{model}"
_INTEGER, _STRING, _BOOLEAN, _NUMBER = ({"type": kind} for kind in ("integer", "string", "boolean", "number"))
_NULLABLE_STRING: dict[str, Any] = {"type": ["string", "null"]}


NODE_SESSION_PATH = "/v1/nodes/session"
REPLICA_SESSION_PATH = "/v1/replicas/session"
"""WebSockets alone, so that the description has no place for them."""


def describe(routes: Iterable[tuple[str, str, Route]]) -> dict[str, Any]:
    """A route that has no entry below is described by its docstring and answers with any JSON."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path, route in routes:
        if path == NODE_SESSION_PATH:
            continue
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "R3MES gateway",
            "version": __version__,
            "description": "An OpenAI-compatible API that hands prompts to the nodes of the R3MES network. "
            f"Nodes dial in at {NODE_SESSION_PATH}, a WebSocket, which this format has no words for.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {"schemas": _schemas(), "responses": {"Error": _error_response()}},
    }


def add_description(document: dict[str, Any], other: dict[str, Any]) -> None:
    """Puts the addresses and models of another document in."""
    document["paths"] = dict(sorted({**document["paths"], **other["paths"]}.items()))
    for kind, members in other.get("components", {}).items():
        document["components"].setdefault(kind, {}).update(members)


def _operation(method: str, path: str, route: Route) -> dict[str, Any]:
    text = " ".join((route.__doc__ or "").split()) or f"{method} {path}"
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}_{path.strip('/').translate(str.maketrans('/-.', '___', '{}')) or 'page'}",
        "summary": text,
        "responses": {"200": _answer("Done.", {}), "default": {"$ref": "#/components/responses/Error"}},
    }
    for name in (part[1:-1] for part in path.split("/") if part.startswith("{")):
        operation.setdefault("parameters", []).append(
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        )
    operation.update(_DETAILS.get((method, path), {}))
    return operation


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": _REFERENCE.format(model=name)}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _answers(schema: dict[str, Any]) -> dict[str, Any]:
    return {"responses": {"200": _answer("Done.", schema), "default": {"$ref": "#/components/responses/Error"}}}


def _text(description: str, content_type: str) -> dict[str, Any]:
    answer = {"description": description, "content": {content_type: {"schema": _STRING}}}
    return {"responses": {"200": answer, "default": {"$ref": "#/components/responses/Error"}}}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _error_response() -> dict[str, Any]:
    answer = _answer("What went wrong, in one shape everywhere.", _reference("Error"))
    answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": _INTEGER, "required": False}}
    return answer


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {
        "Error": _object(
            error=_object(
                message=_STRING,
                type=_STRING,
                code={"type": "string", "enum": [code.value for code in ErrorCode]},
                param=_NULLABLE_STRING,
            )
        ),
        "Model": _object(
            id=_STRING,
            object={"const": "model"},
            created=_INTEGER,
            owned_by=_STRING,
            parent=_NULLABLE_STRING,
            nodes=_INTEGER,
            context_tokens={"type": ["integer", "null"]},
            embedding_dimensions={"type": ["integer", "null"]},
        ),
        "Node": _object(
            id=_STRING,
            object={"const": "node"},
            owner=_NULLABLE_STRING,
            roles=_list(_STRING),
            models=_list(_STRING),
            embedding_models=_list(_STRING),
            adapters=_list({"type": "object"}),
            device={"type": "object"},
            status={"enum": ["serving", "draining", "connected"]},
            jobs=_INTEGER,
            max_concurrency=_INTEGER,
            load=_NUMBER,
        ),
        "Adapter": _object(
            id=_STRING,
            object={"const": "adapter"},
            base_model=_NULLABLE_STRING,
            nodes=_INTEGER,
            residency=_object(gpu=_INTEGER, cpu=_INTEGER, disk=_INTEGER),
            homes=_INTEGER,
            heat=_NUMBER,
        ),
        "Network": _object(
            object={"const": "network"},
            network=_NULLABLE_STRING,
            mode=_STRING,
            accepting=_BOOLEAN,
            uptime_s=_NUMBER,
            nodes=_INTEGER,
            serving_nodes=_INTEGER,
            draining_nodes=_INTEGER,
            models=_INTEGER,
            adapters=_INTEGER,
            jobs=_INTEGER,
            places=_INTEGER,
            requests=_INTEGER,
            answers_last_hour=_INTEGER,
            tokens_last_hour=_INTEGER,
            tokens_per_minute=_list(_INTEGER),
        ),
        "Usage": _object(prompt_tokens=_INTEGER, completion_tokens=_INTEGER, total_tokens=_INTEGER),
        "Embeddings": _object(
            object={"const": "list"},
            data=_list(_object(object={"const": "embedding"}, index=_INTEGER, embedding={"type": ["array", "string"]})),
            model=_STRING,
            usage=_object(prompt_tokens=_INTEGER, total_tokens=_INTEGER),
        ),
        "EmbeddingRequest": {
            "type": "object",
            "properties": {
                "model": {"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARS},
                "input": {
                    "anyOf": [
                        {"type": "string", "minLength": 1},
                        {
                            "type": "array",
                            "items": {"type": "string", "minLength": 1},
                            "minItems": 1,
                            "maxItems": MAX_INPUTS,
                        },
                    ]
                },
                "encoding_format": {"enum": ["float", "base64", None], "default": "float"},
                "dimensions": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
            },
            "required": ["model", "input"],
        },
        "Completion": _object(
            id=_STRING,
            object={"const": "chat.completion"},
            created=_INTEGER,
            model=_STRING,
            choices=_list({"type": "object"}),
            usage=_reference("Usage"),
        ),
    }
    for model in (ChatRequest, SimpleChat, Generate):
        schema = model.model_json_schema(ref_template=_REFERENCE)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    # The gateway answers with one choice.
    schemas["ChatRequest"]["properties"]["n"] = {"anyOf": [{"const": 1}, {"type": "null"}], "default": None}
    # It refuses a message of blanks alone.
    schemas["SimpleChat"]["properties"]["message"]["pattern"] = r"\S"
    schemas["Generate"]["properties"]["prompt"]["pattern"] = r"\S"
    return schemas


def _body(model: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _reference(model)}}}


_DETAILS: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "/"): _text("A page for people.", "text/html"),
    ("GET", "/metrics"): _text("Prometheus' text format.", "text/plain"),
    ("GET", "/openapi.json"): _answers({"type": "object"}),
    ("POST", "/chat"): {
        "requestBody": _body("SimpleChat"),
        **_text("The words of the answer, as they come.", "text/plain"),
    },
    ("POST", "/v1/chat/completions"): {
        "requestBody": _body("ChatRequest"),
        "responses": {
            "200": {
                "description": "OpenAI's completion, or with `stream` its chunks as server-sent events.",
                "content": {
                    "application/json": {"schema": _reference("Completion")},
                    # Tools differ in what they take for the value of a stream: its text, or each of its events.
                    "text/event-stream": {},
                },
            },
            "default": {"$ref": "#/components/responses/Error"},
        },
    },
    ("POST", "/v1/embeddings"): {"requestBody": _body("EmbeddingRequest"), **_answers(_reference("Embeddings"))},
    ("POST", "/api/inference/generate"): {
        "requestBody": _body("Generate"),
        **_answers(
            _object(
                request_id=_STRING,
                text=_STRING,
                tokens_generated=_INTEGER,
                latency_ms=_NUMBER,
                experts_used=_list(_object(id=_STRING, weight=_NUMBER)),
                rag_context_used=_BOOLEAN,
                model_version=_STRING,
                credits_used={"type": ["number", "null"]},
            )
        ),
    },
    ("POST", "/api/inference/generate/stream"): {
        "requestBody": _body("Generate"),
        "responses": {
            "200": {"description": "The words as server-sent events.", "content": {"text/event-stream": {}}},
            "default": {"$ref": "#/components/responses/Error"},
        },
    },
    ("GET", "/v1/models"): _answers(_object(object={"const": "list"}, data=_list(_reference("Model")))),
    ("GET", "/v1/adapters"): _answers(_object(object={"const": "list"}, data=_list(_reference("Adapter")))),
    ("GET", "/v1/network"): _answers(_reference("Network")),
    ("GET", "/v1/nodes"): _answers(_object(object={"const": "list"}, data=_list(_reference("Node")))),
    ("GET", "/v1/nodes/{node_id}"): _answers(_reference("Node")),
    ("GET", "/health"): _answers(
        _object(status=_STRING, mode=_STRING, version=_STRING, serving=_BOOLEAN, nodes=_INTEGER, requests=_INTEGER)
    ),
    ("GET", "/health/live"): _answers(_object(status={"const": "ok"})),
    ("GET", "/health/ready"): _answers(
        _object(status={"enum": ["ready", "degraded"]}, mode=_STRING, serving=_BOOLEAN, nodes=_INTEGER)
    ),
    ("GET", "/system/version"): _answers(_object(name=_STRING, version=_STRING, protocol=_INTEGER, mode=_STRING)),
    ("GET", "/system/time"): _answers(_object(unix=_INTEGER, unix_ms=_INTEGER, iso=_STRING)),
    ("GET", "/api/serving-node/list"): {
        "parameters": [
            {
                "name": "lora",
                "in": "query",
                "required": False,
                "description": "Only nodes that offer this adapter.",
                "schema": _STRING,
            },
            {
                "name": "max_age_seconds",
                "in": "query",
                "required": False,
                "description": "Only nodes that were heard of within so many seconds.",
                "schema": {"type": "integer", "minimum": 0},
            },
        ],
        **_answers(_list({"type": "object"})),
    },
    ("GET", "/api/lora/list"): _answers(_list({"type": "object"})),
    ("GET", "/network/stats"): _answers(_object(active_miners=_INTEGER, serving_nodes=_INTEGER)),
    **{("POST", path): {"responses": {"default": {"$ref": "#/components/responses/Error"}}} for path in REFUSED_WRITES},
}
