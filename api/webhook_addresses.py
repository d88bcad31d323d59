"""The addresses of webhooks and their deliveries."""

from __future__ import annotations

from api import deliveries, models, schemas, webhooks
from api import described_webhooks as described
from api import webhook_shapes as shapes
from api.address import JSON_BODY, Address
from api.described import WHO
from api.described_webhooks import DELIVERY_ID, WEBHOOK_ID

_OWNER = (*WHO, "forbidden_scope")
_ONE = (*_OWNER, "webhook_not_found")

WEBHOOK_ADDRESSES = (
    Address(
        operation_id="get_webhook_secret",
        method="GET",
        path="/v1/webhooks/secret",
        endpoint=models.webhook_secret,
        tag="webhooks",
        shape=schemas.WebhookSecret,
        problems=_OWNER,
    ),
    Address(
        operation_id="create_webhook",
        method="POST",
        path="/v1/webhooks",
        endpoint=webhooks.create,
        tag="webhooks",
        shape=shapes.NewWebhook,
        answers={201: ("Location",)},
        problems=(*_OWNER, *JSON_BODY, "webhook_url_refused", "quota_webhooks"),
        body=described.WEBHOOK_BODY,
    ),
    Address(
        operation_id="list_webhooks",
        method="GET",
        path="/v1/webhooks",
        endpoint=webhooks.index,
        tag="webhooks",
        shape=shapes.WebhookList,
        problems=_OWNER,
    ),
    Address(
        operation_id="get_webhook",
        method="GET",
        path="/v1/webhooks/{id}",
        endpoint=webhooks.show,
        tag="webhooks",
        shape=shapes.Webhook,
        problems=_ONE,
        parameters=(WEBHOOK_ID,),
    ),
    Address(
        operation_id="update_webhook",
        method="PATCH",
        path="/v1/webhooks/{id}",
        endpoint=webhooks.update,
        tag="webhooks",
        shape=shapes.Webhook,
        problems=(*_ONE, *JSON_BODY, "webhook_url_refused", "webhook_held"),
        parameters=(WEBHOOK_ID,),
        body=described.WEBHOOK_CHANGES,
    ),
    Address(
        operation_id="delete_webhook",
        method="DELETE",
        path="/v1/webhooks/{id}",
        endpoint=webhooks.delete,
        tag="webhooks",
        shape=None,
        answers={204: ()},
        problems=_ONE,
        parameters=(WEBHOOK_ID,),
    ),
    Address(
        operation_id="get_secrets_of_webhook",
        method="GET",
        path="/v1/webhooks/{id}/secret",
        endpoint=webhooks.secret,
        tag="webhooks",
        shape=shapes.WebhookSecrets,
        problems=_ONE,
        parameters=(WEBHOOK_ID,),
    ),
    Address(
        operation_id="rotate_webhook_secret",
        method="POST",
        path="/v1/webhooks/{id}/rotate",
        endpoint=webhooks.rotate,
        tag="webhooks",
        shape=shapes.WebhookSecrets,
        problems=(*_ONE, *JSON_BODY),
        parameters=(WEBHOOK_ID,),
        body=described.ROTATION_BODY,
    ),
    Address(
        operation_id="test_webhook",
        method="POST",
        path="/v1/webhooks/{id}/test",
        endpoint=webhooks.test,
        tag="webhooks",
        shape=shapes.Delivery,
        answers={202: ("Location",)},
        problems=(*_ONE, "webhook_disabled", "asked_too_often", "deliveries_full"),
        parameters=(WEBHOOK_ID,),
    ),
    Address(
        operation_id="list_webhook_deliveries",
        method="GET",
        path="/v1/webhooks/{id}/deliveries",
        endpoint=deliveries.of_webhook,
        tag="webhooks",
        shape=shapes.DeliveryPage,
        problems=(*_ONE, "invalid_request"),
        parameters=(WEBHOOK_ID, *described.DELIVERIES_QUERY),
    ),
    Address(
        operation_id="list_deliveries",
        method="GET",
        path="/v1/deliveries",
        endpoint=deliveries.of_jobs,
        tag="webhooks",
        shape=shapes.DeliveryPage,
        problems=(*_OWNER, "invalid_request"),
        parameters=tuple(described.DELIVERIES_QUERY),
    ),
    Address(
        operation_id="get_delivery",
        method="GET",
        path="/v1/deliveries/{id}",
        endpoint=deliveries.show,
        tag="webhooks",
        shape=shapes.DeliveryWithLog,
        problems=(*_OWNER, "delivery_not_found"),
        parameters=(DELIVERY_ID,),
    ),
    Address(
        operation_id="redeliver",
        method="POST",
        path="/v1/deliveries/{id}/redeliver",
        endpoint=deliveries.redeliver,
        tag="webhooks",
        shape=shapes.Delivery,
        answers={202: ()},
        problems=(
            *(*_OWNER, "delivery_not_found", "delivery_under_way", "delivery_gone", "webhook_disabled"),
            *("asked_too_often", "deliveries_full"),
        ),
        parameters=(DELIVERY_ID,),
    ),
)
