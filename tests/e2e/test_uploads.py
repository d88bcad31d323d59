"""What becomes of an upload: ready, refused or failed, with the reason to read."""

from __future__ import annotations

import torch
from safetensors.torch import save

from tests.e2e.conftest import Customer, source


def test_weights_that_do_not_match_are_listed(customer: Customer) -> None:
    """Missing, unexpected and mis-shaped keys are named in the version's error."""
    model = source("return x", extra="        self.fc = nn.Linear(2, 3)")
    weights = {"scale": torch.ones(2), "fc.weight": torch.ones(3, 2), "extra": torch.ones(1)}
    _, version = customer.upload(model, weights)
    assert version["status"] == "failed"
    error = version["error"]
    assert error["type"] == "weights_mismatch"
    assert error["missing"] == ["fc.bias"] and error["unexpected"] == ["extra"]
    assert error["mismatched"] == [{"name": "scale", "expected": [1], "found": [2]}]


def test_a_constructor_that_raises_shows_the_tenants_traceback(customer: Customer) -> None:
    """The true load error is the tenant's own."""
    _, version = customer.upload(source("return x", extra="        raise ValueError('no luck today')"))
    assert version["status"] == "failed"
    assert "no luck today" in version["error"]["message"] + version["error"]["traceback"]
    assert "model.py" in version["error"]["traceback"]


def test_a_refused_source_says_where_and_why(customer: Customer) -> None:
    """The verdict has a code, line, column, sentence and hint for each violation; it is never run."""
    _, version = customer.upload(source("return x", imports="import os\nimport torch\nfrom torch import nn\n"))
    assert version["status"] == "refused"
    violation = version["verdict"]["violations"][0]
    assert violation["line"] == 1 and violation["column"] >= 1 and violation["code"].startswith("CL")
    assert "os" in violation["message"]


def test_the_example_input_is_tried(customer: Customer) -> None:
    """A version whose example input fails is failed, with the traceback; one that answers is ready."""
    _, bad = customer.upload(source("return x['a']"), example_input={"b": 1})
    assert bad["status"] == "failed" and "KeyError" in bad["error"]["traceback"]
    _, good = customer.upload(source("return x['a']"), example_input={"a": 1})
    assert good["status"] == "ready"


def test_a_new_version_takes_over_when_it_is_ready(customer: Customer) -> None:
    """The same name again is version 2; jobs go to the newest ready version, or to the one they name."""
    name = customer.ready("return 'one'")
    files = {"source": ("model.py", source("return 'two'").encode()), "weights": ("w", save({"scale": torch.ones(1)}))}
    made = customer.http.post("/v1/models", data={"name": name}, files=files).json()
    assert made["version"] == 2
    assert customer.settled(name, 2)["status"] == "ready"
    assert customer.ask(name, 0)["output"] == "two"
    old = customer.http.post(
        f"/v1/models/{name}/jobs?version=1", content=b"x", headers={"Prefer": "wait=30", "Content-Type": "text/plain"}
    ).json()
    assert old["output"] == "one"


def test_trained_weights_are_the_ones_that_answer(customer: Customer) -> None:
    """What was uploaded is what multiplies: random initialisation never shows."""
    name = customer.ready("return (self.scale * x).item()", weights={"scale": torch.tensor([2.5])})
    assert customer.ask(name, 4)["output"] == 10.0


def test_a_models_id_does_wherever_its_name_does(customer: Customer) -> None:
    """What upload_model returns can be asked, read and listed by, with a key and with an access token."""
    name = customer.ready("return x")
    model_id = customer.http.get(f"/v1/models/{name}").json()["id"]
    assert customer.ask(model_id, 5)["output"] == 5
    assert customer.http.get(f"/v1/models/{model_id}").json()["name"] == name
    assert [j["model"] for j in customer.http.get(f"/v1/jobs?model={model_id}").json()["jobs"]] == [name]
    token = customer.http.post(f"/v1/models/{model_id}/tokens").json()["token"]
    answer = customer.http.post(
        f"/v1/models/{model_id}/jobs",
        json={"input": 6},
        headers={"Authorization": f"Bearer {token}", "Prefer": "wait=30"},
    )
    assert answer.json()["output"] == 6
    other = customer.ready("return x")
    denied = customer.http.post(
        f"/v1/models/{other}/jobs", json={"input": 6}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (denied.status_code, denied.json()["code"]) == (404, "model_not_found")
