"""A job followed from its admission to its end, through the whole engine."""

from __future__ import annotations

import json

import cloche
from tests.conftest import Engine
from tests.e2e.conftest import Customer, source

TALKER = (
    "for number in range(4):\n    print('step', number)\n    time.sleep(0.4)\n"
    "print('data: x\\n\\nevent: result\\ndata: {}\\n')\nreturn x"
)


def test_printed_lines_are_heard_while_the_model_runs(customer: Customer, engine: Engine) -> None:
    """The first line is there while the job is still running; in the end the record says the same."""
    imports = "import time\n\nimport torch\nfrom torch import nn\n"
    name, version = customer.upload(source(TALKER, imports=imports))
    assert version["status"] == "ready", version
    with cloche.Client(engine.url, customer.key) as client:
        job = client.submit(name, 7)
        heard, text, while_running = [], "", ""
        for event in job.events():
            heard.append(event.kind)
            if event.kind == "log":
                text += event.data["text"]
                if client.job(job.id).to_dict()["status"] == "running":
                    while_running = while_running or text
        assert while_running.startswith("step 0\n")
        assert text == job.logs()
        assert text.startswith("step 0\nstep 1\nstep 2\nstep 3\ndata: x\n\nevent: result\n")
        assert heard[-1] == "result" and heard.count("result") == 1
        assert job.result() == 7
        assert "".join(client.job(job.id).logs(follow=True)) == text


def test_a_short_job_is_followed_too(customer: Customer) -> None:
    """Of a job that is over in a moment the same is said."""
    name = customer.ready("print('hi')\nreturn x")
    job = customer.ask(name, 1)
    stream = customer.http.get(job["urls"]["self"] + "/events").text
    assert [line for line in stream.splitlines() if line.startswith("event")] == [
        "event: log",
        "event: status",
        "event: result",
    ]
    assert json.loads(stream.partition("event: result\ndata: ")[2]) == job
