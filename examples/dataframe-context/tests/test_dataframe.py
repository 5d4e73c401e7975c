"""`@df` with a real kernel."""

import jupyter_client
import pytest
from jupyter_ai_dataframe import DataFrameContextProvider

from jupyter_ai.testing import FakeModel
from jupyter_ai_magics import BaseProvider

CODE = """
import pandas
whales = pandas.DataFrame({"name": ["blue", "fin"], "tons": [150.5, 74.0]})
number = 7
"""


@pytest.fixture(scope="module")
def kernels():
    manager = jupyter_client.MultiKernelManager()
    kernel = manager.get_kernel(manager.start_kernel())
    client = kernel.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    client.execute(CODE, reply=True, timeout=30)
    client.stop_channels()
    yield manager
    manager.shutdown_all(now=True)


@pytest.fixture
def chat(make_chat, monkeypatch, kernels):
    monkeypatch.setattr(BaseProvider, "server_settings", {"kernel_manager": kernels})
    model = FakeModel(["tons"])
    return make_chat(context_providers=[DataFrameContextProvider], model=model)


async def test_model_reads_what_the_kernel_knows(chat):
    await chat.send("Which column? @df:whales")

    asked = "\n".join(str(message.content) for message in chat.model.asked[0])
    assert "The DataFrame whales: 2 rows, 2 columns" in asked
    assert "0,blue,150.5" in asked
    assert "max," in asked


@pytest.mark.parametrize("name", ["absent", "number", "whales.__class__"])
async def test_what_is_no_dataframe_is_told_and_the_model_is_not_asked(chat, name):
    reply = await chat.send(f"Which column? @df:{name}")

    assert f"No kernel that is idle has a DataFrame `{name}`." in reply.text
    assert chat.model.asked == []


async def test_dataframes_complete(chat):
    provider = (await chat.open()).context_providers["df"]

    assert [option.label for option in provider.get_arg_options("wh")] == ["@df:whales "]


async def test_without_a_server_it_is_told(make_chat, monkeypatch):
    monkeypatch.setattr(BaseProvider, "server_settings", None)
    chat = make_chat(context_providers=[DataFrameContextProvider], model=FakeModel(["tons"]))

    assert "needs a server" in (await chat.send("@df:whales?")).text
