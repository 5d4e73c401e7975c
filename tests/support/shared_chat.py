"""The page with a chat that all tests of a process share."""

from __future__ import annotations

from cable import Cable
from chat_page import ChatPage
from lab_server import LabServer
from playwright.async_api import Browser, expect

__all__ = ["SharedChat", "new_page"]

# Tabs are closed without the question whether to save; with the last one gone, JupyterLab opens its launcher.
_TIDY = """() => {
  const press = selector => document.querySelectorAll(selector).forEach(button => button.click());
  for (const widget of [...window.jupyterapp.shell.widgets('main')]) {
    if (!widget.id.startsWith('launcher')) widget.dispose();
  }
  press('.jp-ai-back, .jp-ai-included-head button, .jp-ai-editing button');
  press('.jp-ai-chat-body > .jp-ai-chips .jp-ai-icon-button');
  press('.jp-ai-panel-notice button, .jp-ai-notice button');
}"""
_IS_AS_SET_OUT = """() => {
  const input = document.querySelector('#jupyter-ai-panel textarea:not([aria-hidden])');
  return document.body.dataset.jpThemeName === 'JupyterLab Light' && /, Enter sends/.test(input?.placeholder);
}"""
_MARK = "messages => messages.forEach(message => message.classList.add('of-before'))"


class SharedChat:
    """Tests `take` it, one after the other, as it was at first; a test that passed gives it back.

    What was not given back may be in any state: then the next one takes a new page.
    """

    def __init__(self, browser: Browser, lab: LabServer, cable: Cable) -> None:
        self._browser = browser
        self._lab = lab
        self._cable = cable
        self._chat: ChatPage | None = None
        self._is_back = False

    async def take(self) -> ChatPage:
        """JupyterLab with the panel shown, nothing beside it, and the greeting alone in the default chat."""
        self._cable.mend()
        if self._chat is None or not self._is_back or not await self._chat.page.evaluate(_IS_AS_SET_OUT):
            await self.close()
            await self._lab.forget()
            self._chat = await self._open()
        else:
            await self._tidy(self._chat)
        self._is_back = False
        return self._chat

    def give_back(self) -> None:
        """Let the next test have it."""
        self._is_back = True

    async def close(self) -> None:
        """Close the page, if there is one."""
        if self._chat is not None:
            await self._chat.page.context.close()
            self._chat = None

    async def _open(self) -> ChatPage:
        chat = await new_page(self._browser, self._lab, self._cable.url)
        await chat.open()
        await chat.show()
        await expect(chat.messages).to_have_count(1)
        return chat

    async def _tidy(self, chat: ChatPage) -> None:
        page = chat.page
        await page.unroute_all()
        for _ in range(await page.locator(".lm-Menu, .jp-Dialog").count()):
            await page.keyboard.press("Escape")
        await page.evaluate(_TIDY)
        await chat.launched()
        await chat.read_commands()
        await chat.execute("jupyter-ai-ui:open", {"id": self._lab.default_chat()})
        await chat.input.fill("")
        await chat.messages.evaluate_all(_MARK)
        await self._lab.forget()
        await expect(chat.panel.locator(".jp-chat-message.of-before")).to_have_count(0)
        await expect(chat.messages).to_have_count(1)
        await self._read_list(chat)
        chat.take_errors()

    async def _read_list(self, chat: ChatPage) -> None:
        """Have the page know that there is one chat."""
        selector = chat.panel.locator(".jp-ai-selector-button")
        await selector.click()
        await expect(chat.panel.get_by_role("option")).to_have_count(1)
        await selector.press("Escape")
        await expect(selector).to_have_text("Chat")
        await chat.input.focus()


async def new_page(browser: Browser, lab: LabServer, url: str = "") -> ChatPage:
    """A page of a browser that knows nothing of others, of this server or of what is before it."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    return ChatPage(await context.new_page(), lab, url=url)
