"""The whole way of a model, on this machine: train, upload, ask, watch.

make demo
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import sys
import time
from pathlib import Path

from dataset import Split, png
from demo_parts import stage
from demo_parts.classifier import classifier
from demo_parts.engine import Engine
from demo_parts.errors import DemoStopped
from demo_parts.listener import listening
from demo_parts.stage import curl, expect, fields, section, show, success, tell
from model import DigitClassifier
from standardwebhooks import Webhook, WebhookVerificationError

import cloche
from cloche.pytorch import upload_model

HERE = Path(__file__).resolve().parent
ENDED = {"succeeded", "failed", "canceled", "expired"}
READY_SECONDS = 120.0
POLL_SECONDS = 60.0
WEBHOOK_SECONDS = 30.0
VERSIONS = 40  # the quota is 50: the demo makes room before it is reached
AUTH = '-H "Authorization: Bearer $CLOCHE_API_KEY"'


def main() -> int:
    """Run the demo; 0, or 1 after one sentence that says what to do."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside, it cleans up as for Ctrl-C
    engine = Engine.of_this_machine()
    ran_before = True
    try:
        _need_curl()
        ran_before = engine.runs()
        _run(engine)
    except (DemoStopped, cloche.ClocheError) as exc:
        print(f"\ndemo: {exc}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ndemo: interrupted", file=sys.stderr)
    else:
        return 0
    if not ran_before and engine.runs():
        engine.down()
    return 1


def _run(engine: Engine) -> None:
    section("1. The engine")
    engine.up()
    os.environ |= {"CLOCHE_URL": engine.url, "CLOCHE_API_KEY": engine.key()}
    success(f"up at {engine.url}, with a tenant and a key of the demo's own")

    section("2. A model, really trained")
    model, held_out = classifier(engine.folder)
    picture, label = _held_out_digit(engine.folder, held_out)

    section("3. Uploaded with one line")
    token = _upload(model, picture)

    section("4. Asked with curl: PNG bytes in, a job out")
    _poll(picture, label)

    section("5. The same, and wait for the answer")
    _wait(picture, label)

    section("6. The same, and be told: a signed webhook")
    _webhook(picture)

    section("7. A model.py that is refused")
    _refused()

    section("8. From Python, with a token that may run this model and nothing else")
    _from_python(token, held_out)

    section("Where to go next")
    _next(engine)


def _held_out_digit(folder: Path, held_out: Split) -> tuple[Path, int]:
    index = 4
    picture = folder / "digit.png"
    picture.write_bytes(png(held_out.images[index]))
    tell(f"one of them, as a PNG: {picture}")
    for row in held_out.images[index, 0].tolist():
        show("".join(" ░▒▓█"[round(pixel * 4)] * 2 for pixel in row))
    return picture, int(held_out.labels[index])


def _upload(model: DigitClassifier, picture: Path) -> str:
    with cloche.Client() as client:
        known = next((one for one in client.models() if one.name == "digits"), None)
    if known is not None and len(known.versions) >= VERSIONS:
        tell(f"the demo ran often: its {len(known.versions)} versions are deleted first")
        expect(curl(f"curl -X DELETE $CLOCHE_URL/v1/models/digits {AUTH}"), 204)
    tell('upload_model("digits", model, "model.py", example_input=png)')
    started = time.monotonic()
    model_id, token = upload_model(
        "digits",
        model,
        HERE / "model.py",
        example_input=picture.read_bytes(),
        timeout=READY_SECONDS,
        progress=sys.stderr.isatty(),
    )
    success(f"{model_id}: checked by the policy, loaded in a sandbox, ready after {time.monotonic() - started:.1f} s")
    return token


def _poll(picture: Path, label: int) -> None:
    address = "$CLOCHE_URL/v1/models/digits/jobs"
    sent = f"-H 'Content-Type: image/png' --data-binary @{picture}"
    accepted = expect(curl(f"curl {address} {AUTH} {sent}"), 202)
    job = accepted.json
    show(f"HTTP 202, Location: {accepted.headers['location']}")
    show(fields(job, "id", "status"))
    print()
    started, seen, asked = time.monotonic(), job["status"], False
    show(f"{0:6.3f} s  {seen}")
    look = f"curl $CLOCHE_URL{job['urls']['self']} {AUTH}"
    while job["status"] not in ENDED:
        job = expect(curl(look, shown=not asked), 200).json
        asked = True
        seconds = time.monotonic() - started
        if job["status"] != seen:
            show(f"{seconds:6.3f} s  {job['status']}")
        seen = job["status"]
        if seconds > POLL_SECONDS:
            raise DemoStopped(f"The job is still {seen} after {POLL_SECONDS:.0f} s; see `make status`.")
    print()
    tell("by the engine's own clock:")
    show(fields(job, "created_at", "started_at", "finished_at", "queue_seconds", "predict_seconds"))
    _judge(job, label)


def _wait(picture: Path, label: int) -> None:
    address = "$CLOCHE_URL/v1/models/digits/jobs"
    sent = f"-H 'Content-Type: image/png' -H 'Prefer: wait=10' --data-binary @{picture}"
    started = time.monotonic()
    answer = curl(f"curl {address} {AUTH} {sent}")
    seconds = time.monotonic() - started
    if answer.status == 202:
        raise DemoStopped("The job did not end within 10 s. `make status` shows what is missing.")
    show(f"HTTP {answer.status} after {seconds * 1000:.0f} ms, curl's own start included")
    _judge(expect(answer, 200).json, label)


def _judge(job: dict[str, object], label: int) -> None:
    output = job["output"]
    if job["status"] != "succeeded" or not isinstance(output, dict):
        raise DemoStopped(f"The job ended as {job['status']}: {json.dumps(job['error'])}")
    show(fields(job, "status", "output"))
    if output["digit"] != label:
        raise DemoStopped(f"The model says {output['digit']} where the true label is {label}.")
    print()
    success(f"the answer is {output['digit']}, the true label is {label}")


def _webhook(picture: Path) -> None:
    with listening() as listener:
        address = f"'{os.environ['CLOCHE_URL']}/v1/models/digits/jobs?webhook={listener.url}'"
        sent = f"-H 'Content-Type: image/png' --data-binary @{picture}"
        job = expect(curl(f"curl {address} {AUTH} {sent}"), 202).json
        show(fields(job, "id", "status"))
        try:
            delivery = listener.deliveries.get(timeout=WEBHOOK_SECONDS)
        except queue.Empty:
            raise DemoStopped(f"No webhook came within {WEBHOOK_SECONDS:.0f} s; see the courier's log.") from None
    event = json.loads(delivery.body)
    print()
    tell(f"POST {listener.url}")
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    show(fields(headers, "webhook-id", "webhook-timestamp", "webhook-signature"))
    show(fields(event, "type", "timestamp"))
    show(fields(event["data"], "id", "output"))
    if event["data"]["id"] != job["id"]:
        raise DemoStopped("The webhook is about another job.")
    secret = expect(curl(f"curl $CLOCHE_URL/v1/webhooks/secret {AUTH}", shown=False), 200).json["secret"]
    print()
    _verify(Webhook(secret), delivery.body, delivery.headers)


def _verify(webhook: Webhook, body: bytes, headers: object) -> None:
    assert isinstance(headers, dict)
    try:
        webhook.verify(body, headers)
    except WebhookVerificationError as exc:
        raise DemoStopped(f"The webhook's signature does not hold: {exc}") from exc
    success("the signature holds, verified with the standardwebhooks library and the tenant's secret")
    try:
        webhook.verify(body.replace(b"succeeded", b"forgotten"), headers)
    except WebhookVerificationError:
        success("and does not for a body that was changed on the way")
    else:
        raise DemoStopped("A changed webhook was verified as genuine.")


def _refused() -> None:
    source = HERE / "refused_model.py"
    shown = source.relative_to(Path.cwd()) if source.is_relative_to(Path.cwd()) else source
    sent = f"-H 'Content-Type: text/x-python' --data-binary @{shown}"
    verdict = cloche.Verdict.from_dict(expect(curl(f"curl $CLOCHE_URL/v1/check {AUTH} {sent}"), 200).json)
    if verdict.accepted:
        raise DemoStopped("A source that reads the environment and starts programs was accepted.")
    show(str(cloche.SourceRefused(verdict.violations, path=source.name)))


def _from_python(token: str, held_out: Split) -> None:
    tell('cloche.predict("digits", png, api_key=access_token)')
    labels = held_out.labels[::9].tolist()  # every ninth, so that none is chosen
    started = time.monotonic()
    answers = [cloche.predict("digits", png(image), api_key=token)["digit"] for image in held_out.images[::9]]
    seconds = time.monotonic() - started
    show(f"answers  {' '.join(map(str, answers))}")
    show(f"labels   {' '.join(map(str, labels))}")
    right = sum(answer == label for answer, label in zip(answers, labels, strict=True))
    print()
    success(f"{right} of {len(labels)} right, {seconds / len(labels) * 1000:.1f} ms each, one after the other")
    try:
        with cloche.Client(api_key=token) as client:
            client.check("pass")
    except cloche.NotAllowed as exc:
        success(f"anything else is refused: {exc.code}")
    else:
        raise DemoStopped("An access token did what only a key of the tenant may do.")


def _next(engine: Engine) -> None:
    tell(f"{engine.url}/docs   every address of the API")
    tell("examples/digits/             what you just saw: model.py, train.py, upload.py")
    tell("docs/sdk.md                  the Python client")
    tell("README.md                    the tour, and how safe this is")
    tell("make status · make down      what runs · stop it, the data stays")
    tell(f"export CLOCHE_API_KEY=$(cat {engine.folder / 'key'})")
    print()
    tell(f"{stage.DIM}This engine may send webhooks to loopback, for the demo; `make up` takes that back.{stage.RESET}")


def _need_curl() -> None:
    if shutil.which("curl") is None:
        raise DemoStopped("The demo asks with curl, which is not installed. Install it (apt-get install curl).")


if __name__ == "__main__":
    sys.exit(main())
