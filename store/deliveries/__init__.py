"""Webhook deliveries in Redis: from "a job has ended" to "its endpoint knows", across crashes."""

from store.deliveries.queue import DeliveryQueue
from store.deliveries.records import Claimed, Delivery, Plan, delivery_id, lane_of

__all__ = ["Claimed", "Delivery", "DeliveryQueue", "Plan", "delivery_id", "lane_of"]
