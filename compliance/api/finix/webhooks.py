"""`/webhooks`: add and change them, exchange their keys, try them, and read what was delivered."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api.finix import access, fields, filters, paging
from compliance.api.finix.base import FinixView, body_of, created
from compliance.api.finix.errors import FieldsRefused
from compliance.api.finix.paging import Listing
from merchants import api_users, shapes
from merchants.models import ApiUser, Delivery, Event, Webhook
from merchants.webhooks import delivering, hooks, secrets_of
from merchants.webhooks.hooks import Wish

_STATES = [state.value for state in Delivery.State]


class WebhookList(FinixView):
    http_method_names = ["get", "head", "post"]

    def get(self, request: Request, environment: str) -> Response:
        where = filters.common(request.query_params)
        return paging.answer(self, Listing("webhooks", access.webhooks(self.caller), shape, where))

    def post(self, request: Request, environment: str) -> Response:
        access.refuse_merchant(self.caller)
        made = hooks.add(
            _wish(body_of(request)),
            environment=self.environment,
            application=self.caller.application,
            actor=api_users.actor_of(self.caller),
        )
        return created(shape_with_key(made, self.base))


class WebhookOne(FinixView):
    http_method_names = ["get", "head", "put"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        return Response(shape_with_key(_found(self.caller, ref), self.base))

    def put(self, request: Request, environment: str, ref: str) -> Response:
        found = _found(self.caller, ref)
        wish = _wish(body_of(request))
        changed = hooks.change(found, wish, actor=api_users.actor_of(self.caller))
        return Response(shape_with_key(changed, self.base))


class WebhookTest(FinixView):
    """An empty test event, posted at once."""

    http_method_names = ["post"]

    def post(self, request: Request, environment: str, ref: str) -> Response:
        answer = delivering.try_out(_found(self.caller, ref))
        return Response(
            {
                "webhook": ref,
                "is_accepted": answer.is_taken,
                "status": answer.status or None,
                "error": answer.error or None,
                "milliseconds": answer.milliseconds,
            }
        )


class WebhookRotation(FinixView):
    http_method_names = ["post"]

    def post(self, request: Request, environment: str, ref: str) -> Response:
        found = _found(self.caller, ref)
        changed = hooks.rotate(found, actor=api_users.actor_of(self.caller))
        return created(shape_with_key(changed, self.base))


class DeliveryList(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        params = request.query_params
        where = filters.common(params)
        states = filters.words(params, "state", _STATES)
        each = [Q(state=state) for state in states] or [Q()]
        rows = access.deliveries(_found(self.caller, ref))
        return paging.answer(self, Listing("deliveries", rows, delivery_shape, where, each))


class DeliveryOne(FinixView):
    http_method_names = ["get", "head"]

    def get(
        self,
        request: Request,
        environment: str,
        ref: str,
        delivery: str,
    ) -> Response:
        rows = access.deliveries(_found(self.caller, ref))
        return Response(delivery_shape(access.one(rows, delivery), self.base))


class DeliveryAgain(FinixView):
    http_method_names = ["post"]

    def post(
        self,
        request: Request,
        environment: str,
        ref: str,
        delivery: str,
    ) -> Response:
        rows = access.deliveries(_found(self.caller, ref))
        sent = access.one(rows, delivery)
        delivering.redeliver(sent, actor=api_users.actor_of(self.caller))
        return created(delivery_shape(access.one(rows, delivery), self.base))


class EventList(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str) -> Response:
        params = request.query_params
        filters.refuse_nul(params)
        where = filters.common(params) & _named(params)
        return paging.answer(self, Listing("events", access.events(self.caller), _event, where))


class EventOne(FinixView):
    http_method_names = ["get", "head"]

    def get(self, request: Request, environment: str, ref: str) -> Response:
        return Response(_event(access.one(access.events(self.caller), ref), self.base))


def shape(webhook: Webhook, base: str) -> dict[str, Any]:
    """Return a webhook as lists show it: without any secret."""
    return {
        "id": webhook.ref,
        "created_at": shapes.short(webhook.created_at),
        "updated_at": shapes.short(webhook.updated_at),
        "application": webhook.application.ref if webhook.application else None,
        "authentication": {"type": webhook.authentication_type},
        "enabled": webhook.enabled,
        "enabled_events": webhook.enabled_events,
        "is_accepting_events": webhook.enabled and webhook.is_accepting,
        "nickname": webhook.nickname or None,
        "previous_secret_expires_at": shapes.short(webhook.previous_secret_expires_at),
        "url": webhook.url,
        "_links": shapes.links(
            base, self=f"webhooks/{webhook.ref}", deliveries=f"webhooks/{webhook.ref}/deliveries"
        ),
    }


def shape_with_key(webhook: Webhook, base: str) -> dict[str, Any]:
    """Return a webhook with the key that its receiver checks signatures by."""
    return {**shape(webhook, base), "secret_signing_key": secrets_of.current(webhook)}


def delivery_shape(delivery: Delivery, base: str) -> dict[str, Any]:
    """Return a delivery with every try at it."""
    return {
        "id": delivery.ref,
        "created_at": shapes.exact(delivery.created_at),
        "updated_at": shapes.exact(delivery.updated_at),
        "webhook": delivery.webhook.ref,
        "event": delivery.event.ref,
        "entity": delivery.event.entity,
        "type": delivery.event.kind,
        "state": delivery.state,
        "next_attempt_at": (
            shapes.exact(delivery.next_at) if delivery.state == Delivery.State.WAITING else None
        ),
        "attempts": [
            {
                "at": shapes.exact(one.at),
                "status": one.status or None,
                "error": one.error or None,
                "milliseconds": one.milliseconds,
            }
            for one in delivery.attempts.all()
        ],
        "_links": shapes.links(
            base, self=f"webhooks/{delivery.webhook.ref}/deliveries/{delivery.ref}"
        ),
    }


def _event(event: Event, base: str) -> dict[str, Any]:  # noqa: ARG001
    """Return an event exactly as it was told."""
    return {**event.body, "created_at": shapes.exact(event.created_at)}


def _named(params: Mapping[str, Any]) -> Q:
    where = Q()
    if params.get("entity"):
        where &= Q(entity=params["entity"])
    if params.get("type"):
        where &= Q(kind=params["type"])
    return where


def _found(caller: ApiUser, ref: str) -> Webhook:
    return access.one(access.webhooks(caller), ref)


def _wish(data: Mapping[str, Any]) -> Wish:
    events, authentication = data.get("enabled_events"), data.get("authentication")
    if events is not None and not isinstance(events, list):
        raise FieldsRefused({"enabled_events": "enabled_events is a list"})
    if authentication is not None and not isinstance(authentication, Mapping):
        raise FieldsRefused({"authentication": "authentication is an object"})
    return Wish(
        url=fields.text(data, "url") if data.get("url") is not None else None,
        enabled=fields.flag(data, "enabled"),
        enabled_events=events,
        nickname=fields.text(data, "nickname", default="") if "nickname" in data else None,
        authentication=authentication,
    )
