# A published example, kept as it was printed.
# ruff: noqa
# fmt: off
import pytest
from fastapi.testclient import TestClient
from mockllm.server import app

client = TestClient(app)

def test_custom_provider():
    response = client.post(
        "/v1/custom/chat",
        json={"prompt": "Hello", "model": "custom-model"}
    )
    assert response.status_code == 200
    data = response.json()
    assert "response" in data
    assert data["provider"] == "custom"

def test_custom_streaming():
    response = client.post(
        "/v1/custom/chat",
        json={"prompt": "Hello", "stream": True}  # restored: `true`
    )
    assert response.status_code == 200
    assert "text/event-stream" in response.headers["content-type"]
