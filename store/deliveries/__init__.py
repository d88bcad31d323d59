"""Webhook deliveries in Redis: from "something happened" to "its endpoint knows", across crashes."""

from store.deliveries.desk import DeliveryDesk
from store.deliveries.due import Due, announce, decode_due
from store.deliveries.queue import DeliveryQueue
from store.deliveries.records import (
    TEST_EVENT,
    Claimed,
    Delivery,
    Finished,
    Plan,
    Recipient,
    Retention,
    delivery_id,
    event_body,
    lane_of,
)

__all__ = [
    "TEST_EVENT",
    "Claimed",
    "Delivery",
    "DeliveryDesk",
    "DeliveryQueue",
    "Due",
    "Finished",
    "Plan",
    "Recipient",
    "Retention",
    "announce",
    "decode_due",
    "delivery_id",
    "event_body",
    "lane_of",
]
