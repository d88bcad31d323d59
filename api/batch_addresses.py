"""The addresses of batches."""

from __future__ import annotations

from api import batches, described, schemas
from api.address import BODY, LIMITED, Address
from api.described import IDEMPOTENCY, JOB_ID, NAME, STORED, WHO

BATCH_ADDRESSES = (
    Address(
        operation_id="create_batch",
        method="POST",
        path="/v1/models/{name}/batches",
        endpoint=batches.create,
        tag="batches",
        shape=schemas.Batch,
        answers={202: ("Location", "Idempotent-Replayed", *LIMITED)},
        problems=(
            *WHO,
            *STORED,
            *BODY,
            *("model_not_found", "version_not_found", "model_not_ready", "invalid_request", "invalid_line"),
            *(
                "input_too_large",
                "input_over_queued_bytes",
                "batch_too_large",
                "batches_full",
                "quota_gpus",
                "batch_not_found",
            ),
            *("encoding_not_supported", "form_not_supported"),
            *("idempotency_mismatch", "busy", "redis_full", "disk_nearly_full"),
        ),
        parameters=(NAME, IDEMPOTENCY, described.CANCEL_AFTER, *described.BATCH_QUERY),
        body=described.BATCH_BODY,
    ),
    Address(
        operation_id="list_batches",
        method="GET",
        path="/v1/batches",
        endpoint=batches.index,
        tag="batches",
        shape=schemas.BatchPage,
        problems=(*WHO, "invalid_request"),
        parameters=described.PAGE_QUERY,
    ),
    Address(
        operation_id="get_batch",
        method="GET",
        path="/v1/batches/{id}",
        endpoint=batches.show,
        tag="batches",
        shape=schemas.Batch,
        problems=(*WHO, "batch_not_found"),
        parameters=(JOB_ID,),
    ),
    Address(
        operation_id="get_batch_results",
        method="GET",
        path="/v1/batches/{id}/results",
        endpoint=batches.results,
        tag="batches",
        shape=None,
        answers={200: ("Content-Disposition",)},
        media=(batches.JSON_LINES,),
        problems=(*WHO, *STORED, "batch_not_found"),
        parameters=(JOB_ID,),
    ),
    Address(
        operation_id="cancel_batch",
        method="POST",
        path="/v1/batches/{id}/cancel",
        endpoint=batches.cancel,
        tag="batches",
        shape=schemas.Batch,
        problems=(*WHO, "batch_not_found", "batch_not_cancelable"),
        parameters=(JOB_ID,),
    ),
)
