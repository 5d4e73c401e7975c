"""Where a completion comes from, and what is cancelled for it. Time is virtual here."""

from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing, suppress
from typing import Any

import pytest
from suggesting import ME, Scripted, Streaming, all_parts, ask, begun, chunk, reply, serving, shown, texts

from jupyter_ai.completions import ProviderOptions
from jupyter_ai.completions.caller import Caller, asking
from jupyter_ai.completions.listeners import ItemEvent, ItemInfo, Provided, ProviderFailure
from jupyter_ai.completions.models import CompletionError
from jupyter_ai.errors import CompletionUnavailable

pytestmark = pytest.mark.usefixtures("no_waiting")


class Listening:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.done: list[Provided] = []
        self.events: list[tuple[str, str]] = []

    def provided(self, done: Provided) -> None:
        self.done.append(done)

    def item_event(self, event: ItemEvent, item: ItemInfo, caller: Caller) -> None:
        self.events.append((event.event, item.provider))

    @property
    def sources(self) -> list[str]:
        return [done.source for done in self.done]


async def begin(service: Any, request: Any) -> asyncio.Task[Any]:
    """Ask, until the provider is at it."""
    task = asyncio.create_task(all_parts(service, request))
    await asyncio.sleep(0.001)
    return task


def now() -> float:
    return asyncio.get_running_loop().time()


# Providers


async def test_suggestions_of_all_providers_are_ranked() -> None:
    service = serving(
        Scripted(lambda request: reply("low"), id="low"),
        (Scripted(lambda request: reply("high", "second"), id="high"), ProviderOptions(priority=1)),
    )

    assert await texts(service, ask()) == ["high", "second", "low"]


@pytest.mark.parametrize(
    "error",
    [RuntimeError("no"), KeyboardInterrupt(), asyncio.CancelledError()],
    ids=lambda e: type(e).__name__,
)
async def test_one_that_hangs_and_one_that_raises_cost_the_third_nothing(error: BaseException) -> None:
    def fail(request: Any) -> Any:
        raise error

    hanging, failing = Scripted(id="hangs", seconds=3600), Scripted(fail, id="fails")
    service = serving(hanging, failing, Scripted(lambda request: reply("third"), id="third", seconds=0.030))
    began = now()

    assert await texts(service, ask()) == ["third"]
    assert now() - began <= 0.035


async def test_provider_of_a_higher_priority_is_waited_for() -> None:
    service = serving(
        Scripted(lambda request: reply("words"), id="words"),
        (Scripted(lambda request: reply("model"), id="model", seconds=0.3), ProviderOptions(priority=1)),
    )

    assert await texts(service, ask()) == ["model", "words"]


async def test_one_that_answers_late_is_given_up_and_not_waited_for_again() -> None:
    hanging = Scripted(id="hangs", seconds=3600), ProviderOptions(priority=1, deadline_ms=400)
    service = serving(hanging, Scripted(lambda request: reply(request.prefix), id="words"))
    await texts(service, ask("a"))
    began = now()

    assert await texts(service, ask("b", 2)) == ["b"]
    assert now() - began <= 0.06
    assert service.providers.states()[0]["reason"] == "Hangs did not answer within 0.4 s."


async def test_whoever_is_excluded_is_not_asked() -> None:
    snippets, words = Scripted(id="snippets"), Scripted(id="words")
    service = serving(
        (snippets, ProviderOptions(excludes=["local"])), (words, ProviderOptions(group="local"))
    )
    await texts(service, ask())

    assert (len(snippets.requests), len(words.requests)) == (1, 0)


@pytest.mark.parametrize(("model", "expected"), [("model", ["model"]), ("", ["words"])])
async def test_who_yields_speaks_where_the_other_has_nothing(model: str, expected: list[str]) -> None:
    words = Scripted(lambda request: reply("words"), id="words"), ProviderOptions(yield_to=["model"])
    service = serving(words, Scripted(lambda request: reply(model), id="model", seconds=0.2))

    assert await texts(service, ask()) == expected


async def test_one_that_hangs_is_waited_for_once_three_times_as_long_as_it_usually_takes() -> None:
    model = Scripted(lambda request: reply("model"), id="model", seconds=0.1)
    service = serving(Scripted(id="words"), (model, ProviderOptions(priority=1, deadline_ms=20_000)))
    took = []
    for number, seconds in enumerate((0.1, 3600, 3600, 3600)):
        model.seconds, began = seconds, now()
        await texts(service, ask(f"{number}", number, trigger="explicit"))
        took.append(round(now() - began, 2))

    assert took == [0.1, 0.3, 0.0, 0.0]


async def test_one_that_nobody_knows_is_waited_for_half_a_second() -> None:
    hanging = Scripted(id="hangs", seconds=3600), ProviderOptions(priority=1, deadline_ms=20_000)
    service = serving(hanging, Scripted(lambda request: reply(request.prefix), id="words"))
    began = now()

    assert await texts(service, ask("a")) == ["a"]
    assert now() - began == pytest.approx(0.5, abs=0.01)


async def test_who_yields_is_shown_after_200_ms_and_stays() -> None:
    words = Scripted(lambda request: reply("words"), id="words"), ProviderOptions(yield_to=["model"])
    service = serving(words, Scripted(lambda request: reply("words()"), id="model", seconds=0.9))
    began = now()
    async with aclosing(service.stream(ask(stream=True), ME)) as parts:
        told: list[Any] = [await anext(parts)]
        assert now() - began == pytest.approx(0.2, abs=0.01)
        told += [part async for part in parts]

    assert shown(told) == [["words", ""], "words()."]
    assert await texts(service, ask("x = wo", 2)) == ["rds", "rds()"]


async def test_who_yields_to_one_that_failed_is_shown_at_once() -> None:
    words = Scripted(id="words"), ProviderOptions(yield_to=["model"])
    service = serving(words, (Scripted(id="model", seconds=3600), ProviderOptions(deadline_ms=100)))
    await all_parts(service, ask("a", stream=True))
    began = now()
    async with aclosing(service.stream(ask("b", 2, stream=True), ME)) as parts:
        await anext(parts)

    assert now() - began <= 0.06


async def test_who_yields_to_one_that_was_overdue_when_it_was_cancelled_is_shown_at_once() -> None:
    words = Scripted(id="words"), ProviderOptions(yield_to=["model"])
    service = serving(words, Scripted(id="model", seconds=3600))
    older = await begin(service, ask("a", stream=True))
    await asyncio.sleep(1)
    older.cancel()
    await asyncio.sleep(0.1)
    began = now()
    async with aclosing(service.stream(ask("b", 2, stream=True), ME)) as parts:
        await anext(parts)

    assert now() - began <= 0.06


async def test_rubbish_is_a_failure_of_who_returned_it() -> None:
    service = serving(Scripted(lambda request: {"items": []}, id="rubbish"), Scripted(id="right"))

    assert await texts(service, ask()) == ["1"]
    assert "answer with an InlineCompletionReply" in service.providers.states()[0]["reason"]


async def test_words_of_a_failure_are_for_who_asked_and_the_status_tells_its_kind_once() -> None:
    class Refused(Exception):
        status_code = 400

    def refuse(request: Any) -> Any:
        raise Refused(f"cannot go on with {request.prefix}")

    service = serving(Scripted(refuse))
    told: list[Any] = []
    service.observe(lambda: told.append(service.status()["providers"][0]["reason"]))
    errors = [(await service.complete(ask(prefix, 1), ME)).error for prefix in ("one", "two")]

    assert [error.title for error in errors if error] == ["cannot go on with one", "cannot go on with two"]
    assert told == ["Refused: it was answered with status 400"]


async def test_an_item_that_was_spoiled_later_costs_its_provider_only() -> None:
    def spoiled(request: Any) -> Any:
        answer = reply("x")
        answer.list.items[0].filterText = 5  # nothing checks it
        return answer

    service = serving(Scripted(spoiled, id="spoiled"), Scripted(id="right"))

    assert await texts(service, ask()) == ["1"]
    assert service.providers.states()[0]["state"] == "failed"


async def test_one_that_cancels_itself_is_a_failure() -> None:
    def cancel(request: Any) -> Any:
        raise asyncio.CancelledError

    service = serving(Scripted(cancel))
    answer = await service.complete(ask(), ME)

    assert answer.error is not None
    assert answer.error.title == "Scripted was cancelled by itself."


async def test_a_failure_is_told_where_nobody_has_an_answer() -> None:
    def refuse(request: Any) -> Any:
        raise CompletionUnavailable("There is no key.", type="key-missing")

    answer = await serving(Scripted(refuse)).complete(ask(), ME)

    assert answer.list.items == []
    assert answer.error is not None
    assert (answer.error.type, answer.error.title) == ("key-missing", "There is no key.")


async def test_what_a_provider_says_of_its_failure_is_told() -> None:
    error = CompletionError(type="Quota", title="Nothing is left.", traceback="")
    listening = Listening()
    failing = Scripted(lambda request: reply().model_copy(update={"error": error}))
    answer = await serving(failing, listeners=[listening]).complete(ask(), ME)

    assert answer.error == error
    assert listening.done[0].failures == (ProviderFailure("scripted", "Quota"),)


async def test_client_that_leaves_withdraws_what_it_asked() -> None:
    provider = Scripted(seconds=60)
    service = serving(provider)
    await begin(service, ask())
    service.leave(ME)
    await asyncio.sleep(0.001)

    assert provider.cancelled == 1


@pytest.mark.parametrize("step", range(12))
async def test_client_may_leave_at_any_moment(step: int) -> None:
    provider = Scripted(seconds=60)
    service = serving((provider, ProviderOptions(wants_context=True)))
    asked = asyncio.create_task(all_parts(service, ask(stream=True)))
    for _ in range(step):
        await asyncio.sleep(0)
    service.leave(ME)
    asked.cancel()
    await asyncio.wait([asked])
    await asyncio.sleep(0.001)
    gc.collect()

    assert provider.cancelled == len(provider.requests)


async def test_what_undoes_a_registration_ends_the_asking() -> None:
    service = serving()
    service.register(Scripted())()

    assert await texts(service, ask()) == []


async def test_provider_knows_who_asks() -> None:
    seen: list[Any] = []
    service = serving(Scripted(lambda request: seen.append(asking.get()) or reply("1")))
    await texts(service, ask())

    assert seen == [ME]


# Streams


async def test_what_a_provider_calls_observe_is_its_own() -> None:
    class Measuring(Scripted):
        def observe(self, metric: str, value: float) -> None:
            raise AssertionError("it was called by a stranger")

    for id in ("measuring", "model"):
        assert await texts(serving(Measuring(id=id)), ask()) == ["1"]


async def test_tokens_of_two_providers_do_not_collide() -> None:
    one = Streaming(begun("t"), chunk("one", done=True), None, id="one")
    two = Streaming(begun("t"), chunk("two", done=True), None, id="two")
    parts = await all_parts(serving(one, two), ask(stream=True))

    assert sorted(shown(parts)[0]) == ["one", "two"]


async def test_a_stream_is_shown_as_it_grows() -> None:
    provider = Streaming(begun("t"))
    service = serving(provider)
    asked = await begin(service, ask(stream=True))
    for text in ("on", "one"):
        provider.put(chunk(text))
        await asyncio.sleep(0.01)
    provider.put(chunk("one", done=True), None)

    assert shown(await asked) == [[""], "on", "one", "one."]


async def test_a_late_provider_is_appended_and_the_order_stays() -> None:
    late = Scripted(lambda request: reply("late"), id="late", seconds=1), ProviderOptions(priority=9)
    parts = await all_parts(serving(Scripted(lambda request: reply("early")), late), ask(stream=True))

    assert shown(parts) == [["early", ""], "late."]
    assert [part.response.provider for part in parts[1:]] == ["late"]


async def test_order_that_was_shown_stays_for_what_is_typed_into_it() -> None:
    late = Scripted(lambda request: reply("late"), id="late", seconds=1), ProviderOptions(priority=9)
    later = Scripted(lambda request: reply("latest"), id="later", seconds=2)
    service = serving(Scripted(lambda request: reply("lazy")), late, later)
    older = asyncio.create_task(all_parts(service, ask("", stream=True)))
    await asyncio.sleep(1.5)
    live = await all_parts(service, ask("la", 2, stream=True))
    cached = await texts(service, ask("l", 3))

    assert shown(await older)[:2] == [["lazy", "", ""], "late."]
    assert shown(live) == [["zy", "te", ""], "test."]
    assert cached == ["azy", "ate", "atest"]


async def test_a_stream_that_only_changes_its_mind_ends_after_a_minute() -> None:
    class Wavering(Streaming):
        async def stream_inline_completions(self, request: Any) -> Any:
            yield begun("t")
            while True:
                for text in ("this", "that"):
                    yield chunk(text)
                    await asyncio.sleep(1)

    service = serving(Wavering(), filter=lambda text, request, grows: text[:2])
    started = now()
    await all_parts(service, ask(stream=True))

    assert now() - started == pytest.approx(60, abs=0.1)
    assert service.providers.states()[0]["reason"] == "Streaming did not end its answer within 60 s."


async def test_a_missing_end_is_told() -> None:
    parts = await all_parts(serving(Streaming(begun("t"), chunk("one"), None)), ask(stream=True))

    assert shown(parts)[-1] == ["one"]


async def test_a_chunk_after_the_end_is_dropped() -> None:
    provider = Streaming(begun("t"))
    asked = await begin(serving(provider), ask(stream=True))
    provider.put(chunk("one", done=True), chunk("two"), chunk("three", done=True), None)

    assert shown(await asked) == [[""], "one."]


async def test_an_item_that_the_filter_empties_goes_on() -> None:
    provider = Streaming(begun("t"))
    service = serving(provider, filter=lambda text, request, grows: text.removeprefix("Sure"))
    asked = await begin(service, ask(stream=True))
    for part in (chunk("Sure"), chunk("Surely", done=True), None):
        provider.put(part)
        await asyncio.sleep(0.01)

    assert shown(await asked) == [[""], "ly."]


async def test_the_filter_is_told_whether_a_suggestion_still_grows() -> None:
    provider = Streaming(begun("t"))
    service = serving(provider, filter=lambda text, request, grows: "" if grows else text)
    asked = await begin(service, ask(stream=True))
    for part in (chunk("one"), chunk("one two", done=True), None):
        provider.put(part)
        await asyncio.sleep(0.01)

    assert shown(await asked) == [[""], "one two."]


async def test_a_stream_that_takes_no_breath_lets_others_have_their_turn() -> None:
    class Endless(Streaming):
        async def stream_inline_completions(self, request: Any) -> Any:
            yield begun("t")
            while True:
                yield chunk("x")

    parts = serving(Endless(id="endless"), Scripted(id="a")).stream(ask(stream=True), ME)
    first = await anext(parts)
    await parts.aclose()

    assert sorted(shown([first])[0]) == ["1", "x"]


# What is known already


async def test_what_is_typed_as_suggested_is_asked_once() -> None:
    listening = Listening()
    provider = Scripted(lambda request: reply("range(10)"))
    service = serving(provider, listeners=[listening])
    await texts(service, ask("for i in "))

    assert await texts(service, ask("for i in ran", 2)) == ["ge(10)"]
    assert listening.sources == ["providers", "typed"]


async def test_an_earlier_cursor_is_answered_from_the_cache() -> None:
    listening = Listening()
    provider = Scripted(lambda request: reply("1"))
    service = serving(provider, listeners=[listening])
    for number, prefix in enumerate(("a = ", "b = ", "a = ")):
        await texts(service, ask(prefix, number))

    assert provider.prefixes == ["a = ", "b = "]
    assert listening.sources == ["providers", "providers", "cache"]


async def test_the_same_suggestion_keeps_its_id_while_it_is_typed() -> None:
    service = serving(Scripted(lambda request: reply("range")))
    first = await service.complete(ask("in "), ME)
    second = await service.complete(ask("in r", 2), ME)

    assert second.list.items[0].id == first.list.items[0].id


async def test_the_rest_of_what_the_filter_cut_follows_an_accept() -> None:
    provider = Scripted(lambda request: reply("one\ntwo"))
    service = serving(provider, filter=lambda text, request, grows: text.strip("\n").partition("\n")[0])
    await texts(service, ask(""))

    assert await texts(service, ask("one", 2)) == ["two"]
    assert len(provider.requests) == 1


async def test_whoever_asks_explicitly_gets_what_was_cut_before() -> None:
    def first_line(text: str, request: Any, grows: bool) -> str:
        return text if request.trigger == "explicit" else text.partition("\n")[0]

    provider = Scripted(lambda request: reply("one\ntwo"))
    service = serving(provider, filter=first_line)

    assert await texts(service, ask()) == ["one"]
    assert await texts(service, ask(number=2, trigger="explicit")) == ["one\ntwo"]
    assert len(provider.requests) == 1


async def test_nobody_is_given_the_suggestions_of_another_user() -> None:
    provider = Scripted()
    service = serving(provider)
    await texts(service, ask())
    await texts(service, ask(), Caller("another client", "another user"))

    assert len(provider.requests) == 2


async def test_nobody_is_given_the_suggestions_of_another_language() -> None:
    provider = Scripted(lambda request: reply(str(request.language)))
    service = serving(provider)

    assert [await texts(service, ask(language=each)) for each in ("python", "r")] == [["python"], ["r"]]


async def test_a_reset_clears_the_cache() -> None:
    provider = Scripted()
    service = serving(provider)
    await texts(service, ask())
    service.reset("a test")
    await texts(service, ask(number=2))

    assert len(provider.requests) == 2


async def test_what_is_asked_before_a_reset_is_not_kept() -> None:
    provider = Scripted(seconds=0.1)
    service = serving(provider)
    asked = await begin(service, ask())
    service.reset("a test")

    assert shown(await asked) == [[]]
    await texts(service, ask(number=2))
    assert len(provider.requests) == 2


# In flight


async def test_a_newer_request_is_answered_by_the_one_in_flight() -> None:
    listening = Listening()
    provider = Scripted(lambda request: reply("range(10)"), seconds=0.3)
    service = serving(provider, listeners=[listening])
    older = await begin(service, ask("in "))
    await asyncio.sleep(0.15)

    assert await texts(service, ask("in ra", 2)) == ["nge(10)"]
    assert shown(await older) == [[]]
    assert (len(provider.requests), listening.sources[-1]) == (1, "joined")


@pytest.mark.parametrize(("path", "expected"), [(None, [["python"]]), ("a.py", [[]])])
async def test_consoles_of_two_languages_do_not_withdraw_each_other_s_requests(
    path: str | None, expected: list[list[str]]
) -> None:
    """In a document, which is one, the newer takes the older one's place."""
    service = serving(Scripted(lambda request: reply(str(request.language)), seconds=0.1))
    older = await begin(service, ask(path=path))

    assert await texts(service, ask(number=2, path=path, language="r")) == ["r"]
    assert shown(await older) == expected


async def test_what_contradicts_the_one_in_flight_is_asked_anew() -> None:
    provider = Scripted(lambda request: reply(f"{len(request.prefix)}"), seconds=0.1)
    service = serving(provider)
    await begin(service, ask("a"))
    await asyncio.sleep(0.06)

    assert await texts(service, ask("ab", 2)) == ["2"]
    assert provider.prefixes == ["a", "ab"]


async def test_one_in_flight_is_waited_for_200_ms() -> None:
    provider = Scripted(lambda request: reply("x"), seconds=5)
    service = serving((provider, ProviderOptions(deadline_ms=20_000)))
    await begin(service, ask("a"))
    began = now()
    newer = asyncio.create_task(texts(service, ask("ax", 2)))
    await asyncio.sleep(0.3)

    assert (provider.prefixes, provider.cancelled) == (["a", "ax"], 1)
    await newer
    assert 5.2 <= now() - began <= 5.26


async def test_one_that_hangs_costs_no_key_its_200_ms_for_long() -> None:
    hanging = Scripted(seconds=3600), ProviderOptions(deadline_ms=60_000)
    nothing = Scripted(lambda request: reply(), id="nothing")
    service = serving(hanging, nothing)
    asked = []
    for number in range(40):
        asked.append(asyncio.create_task(texts(service, ask("x" * number, number))))
        await asyncio.sleep(0.3)
    began, before = now(), len(nothing.requests)
    asked.append(asyncio.create_task(texts(service, ask("x" * 40, 40))))
    await asyncio.sleep(0.06)

    assert len(nothing.requests) == before + 1
    assert now() - began <= 0.07
    asked[-1].cancel()


async def test_a_request_elsewhere_cancels_the_one_in_flight() -> None:
    provider = Streaming(begun("t"))
    service = serving(provider)
    older = await begin(service, ask("a", stream=True))
    provider.put(chunk("one"))
    await asyncio.sleep(0.1)
    newer = await begin(service, ask("b", 2, stream=True))

    assert shown(await older) == [[""], "one", "one."]
    assert (len(provider.requests), provider.closed) == (2, 1)
    newer.cancel()


async def test_another_document_cancels_nothing() -> None:
    provider = Scripted(seconds=1)
    service = serving(provider)
    one = await begin(service, ask())
    two = await begin(service, ask(path="b.py"))

    assert shown(await one) == shown(await two) == [["1"]]


async def test_typing_into_a_stream_goes_on_with_it() -> None:
    provider = Streaming(begun("t"))
    service = serving(provider)
    older = await begin(service, ask("in ", stream=True))
    provider.put(chunk("ra"))
    await asyncio.sleep(0.01)
    newer = await begin(service, ask("in r", 2, stream=True))
    provider.put(chunk("range", done=True), None)

    assert shown(await older) == [[""], "ra", "ra."]
    assert shown(await newer) == [["a"], "ange."]
    assert len(provider.requests) == 1


async def test_closing_a_stream_closes_the_provider_s() -> None:
    provider = Streaming(begun("t"))
    service = serving(provider)
    parts = service.stream(ask(stream=True), ME)
    await anext(parts)
    await parts.aclose()
    await asyncio.sleep(0.01)

    assert provider.closed == 1


async def test_of_many_rapid_requests_two_are_at_the_provider_at_once() -> None:
    provider = Scripted(lambda request: reply("y"), seconds=0.2)
    service = serving(provider)
    asked = []
    for number in range(100):
        asked.append(asyncio.create_task(texts(service, ask("x" * number, number))))
        await asyncio.sleep(0.001)
    answers = await asyncio.gather(*asked)

    assert answers == [[]] * 99 + [["y"]]
    assert (provider.most <= 2, len(provider.requests)) == (True, 2)


async def test_of_rapid_requests_in_ten_places_ten_are_asked_and_nine_cancelled() -> None:
    provider = Scripted(lambda request: reply("1" * 10), seconds=0.15)
    service = serving(provider)
    asked = []
    for number in range(100):
        prefix = f"variable_{number // 10} = " + "1" * (number % 10)
        asked.append(asyncio.create_task(texts(service, ask(prefix, number, trigger="explicit"))))
        await asyncio.sleep(0.001)
    answers = await asyncio.gather(*asked)

    assert answers == [[]] * 99 + [["1"]]
    assert (provider.most <= 2, len(provider.requests), provider.cancelled) == (True, 10, 9)


async def test_one_that_does_not_end_is_left_out_and_costs_the_others_nothing() -> None:
    class Stubborn(Scripted):
        async def generate_inline_completions(self, request: Any) -> Any:
            self.requests.append(request)
            while not ended.is_set():
                with suppress(asyncio.CancelledError):
                    await ended.wait()
            return reply()

    ended = asyncio.Event()
    stubborn, took = Stubborn(id="stubborn"), []
    service = serving(stubborn, Scripted(lambda request: reply(request.prefix)))
    for number in range(5):
        began = now()
        await texts(service, ask(f"{number}", number, trigger="explicit"))
        took.append(now() - began)
        await asyncio.sleep(2)
    before = len(stubborn.requests)
    ended.set()
    await asyncio.sleep(1)
    await texts(service, ask("again", 9))

    assert max(took) < 0.01
    assert (before, len(stubborn.requests)) == (2, 3)


# The pause in typing


async def test_the_first_request_goes_at_once() -> None:
    provider = Scripted()
    began = now()
    await texts(serving(provider), ask())

    assert now() == began


async def test_a_request_right_after_another_waits_for_a_pause() -> None:
    provider = Scripted()
    service = serving(provider)
    await texts(service, ask("a"))
    began = now()
    await texts(service, ask("b", 2))

    assert now() - began == pytest.approx(0.05)


async def test_an_explicit_request_waits_for_no_pause() -> None:
    service = serving(Scripted())
    await texts(service, ask("a"))
    began = now()
    await texts(service, ask("b", 2, trigger="explicit"))

    assert now() == began


# What becomes of suggestions


async def test_listeners_are_told_once_what_became_of_a_suggestion() -> None:
    listening = Listening()
    service = serving(Scripted(), listeners=[listening])
    item = (await service.complete(ask(), ME)).list.items[0]
    service.note(ItemEvent("accepted", str(item.id)), Caller("client", "another user"))
    service.note(ItemEvent("accepted", str(item.id)), ME)
    service.note(ItemEvent("accepted", str(item.id)), ME)
    service.note(ItemEvent("accepted", "unknown"), ME)

    assert listening.events == [("accepted", "scripted")]


async def test_listeners_are_told_of_a_provider_s_failure() -> None:
    class Refused(Exception):
        status_code = 429

    def refuse(request: Any) -> Any:
        raise Refused

    listening = Listening()
    await texts(serving(Scripted(refuse), listeners=[listening]), ask())

    assert [(f.provider, f.type, f.status) for f in listening.done[0].failures] == [
        ("scripted", "Refused", 429)
    ]


async def test_who_is_accepted_comes_first() -> None:
    one, two = Scripted(lambda r: reply("1"), id="one"), Scripted(lambda r: reply("2"), id="two")
    service = serving(one, two)
    answer = await service.complete(ask("a"), ME)
    service.note(ItemEvent("accepted", str(answer.list.items[1].id)), ME)

    assert [item.insertText for item in answer.list.items] == ["1", "2"]
    assert await texts(service, ask("b", 2)) == ["2", "1"]


async def test_what_follows_is_asked_when_a_suggestion_is_shown() -> None:
    provider = Scripted(lambda request: reply(f"{len(request.prefix)}"))
    service = serving(provider, speculate=True)
    item = (await service.complete(ask("a"), ME)).list.items[0]
    service.note(ItemEvent("shown", str(item.id)), ME)
    await asyncio.sleep(0.01)

    assert provider.prefixes == ["a", "a1"]
    assert await texts(service, ask("a1", 2)) == ["2"]
    assert len(provider.requests) == 2


async def test_what_may_follow_is_cancelled_by_a_request_elsewhere() -> None:
    provider = Scripted(lambda request: reply(f"{len(request.prefix)}"), seconds=0.1)
    service = serving(provider, speculate=True)
    item = (await service.complete(ask("a"), ME)).list.items[0]
    service.note(ItemEvent("shown", str(item.id)), ME)
    await asyncio.sleep(0.01)
    await texts(service, ask("bb", 2))

    assert provider.cancelled == 1


async def test_the_status_names_who_fails_once() -> None:
    def refuse(request: Any) -> Any:
        raise CompletionUnavailable("There is no key.")

    service = serving(Scripted(refuse))
    told: list[Any] = []
    service.observe(lambda: told.append(service.status()["providers"]))
    for number in range(2):
        await texts(service, ask(f"{number}", number))

    failed = {"id": "scripted", "name": "Scripted", "state": "off", "reason": "There is no key."}
    assert told == [[failed]]
