import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { EventName } from '../src/completing/wire';
import { clientOf, connected, question, STATUS, STREAMED } from './completing_examples';

describe('a question', () => {
  test('opens the connection, and waits for it', async () => {
    const { client, sockets } = clientOf();
    const answer = client.ask('a', question('x'));
    sockets[0].onopen?.();
    sockets[0].reply([{ insertText: ' = 1' }]);

    assert.deepEqual(
      [' = 1'],
      (await answer).map(({ text }) => text)
    );
  });

  test('is answered by nothing when its connection is cut', async () => {
    const { client, socket } = connected();
    const answer = client.ask('a', question('x'));
    socket.onclose?.();

    assert.deepEqual([], await answer);
  });

  test('takes the place of an older one of the same document, whose answer comes too late', async () => {
    const { client, socket } = connected();
    const older = client.ask('a', question('x'));
    const newer = client.ask('a', question('xy'));
    socket.reply([{ insertText: 'late' }], 1);
    socket.reply([{ insertText: 'right' }], 2);

    assert.deepEqual([], await older);
    assert.deepEqual(
      ['right'],
      (await newer).map(({ text }) => text)
    );
  });

  test('of another document changes nothing', async () => {
    const { client, socket } = connected();
    const one = client.ask('a', question('x'));
    void client.ask('b', question('y'));
    socket.reply([{ insertText: '1' }], 1);

    assert.equal(1, (await one).length);
  });

  test('that is called off is cancelled, and answered by nothing', async () => {
    const { client, socket } = connected();
    const calledOff = new AbortController();
    const answer = client.ask('a', question('x'), calledOff.signal);
    calledOff.abort();

    assert.deepEqual([], await answer);
    assert.deepEqual({ type: 'cancel', number: 1 }, socket.sent.at(-1));
  });

  test('that was answered is not cancelled', async () => {
    const { client, socket } = connected();
    const calledOff = new AbortController();
    const answer = client.ask('a', question('x'), calledOff.signal);
    socket.reply([{ insertText: '1' }]);
    await answer;
    calledOff.abort();

    assert.equal(1, socket.sent.length);
  });
});

describe('a stream', () => {
  test('grows to its end', async () => {
    const { client, socket } = connected();
    const answer = client.ask('a', question('x'));
    socket.reply([STREAMED]);
    const [suggestion] = await answer;
    socket.stream(' =');
    socket.stream(' = 1', true);
    socket.stream('late');

    assert.deepEqual([' = 1', true], [suggestion.text, suggestion.isDone]);
  });

  test('ends when its connection is cut', async () => {
    const { client, socket } = connected();
    const answer = client.ask('a', question('x'));
    socket.reply([STREAMED]);
    const [suggestion] = await answer;
    socket.onclose?.();

    assert.equal(true, suggestion.isDone);
  });

  test('is cancelled when it is called off', async () => {
    const { client, socket } = connected();
    const calledOff = new AbortController();
    const answer = client.ask('a', question('x'), calledOff.signal);
    socket.reply([STREAMED]);
    await answer;
    calledOff.abort();

    assert.deepEqual({ type: 'cancel', number: 1 }, socket.sent.at(-1));
  });
});

describe('the connection', () => {
  test('comes back by itself after a cut', () => {
    const { client, clock, sockets } = clientOf();
    client.open();
    sockets[0].onopen?.();
    sockets[0].onclose?.();
    clock.strike();

    assert.equal(2, sockets.length);
  });

  test('is not tried again before somebody types where there never was one', async () => {
    const { client, clock, sockets } = clientOf();
    client.open();
    sockets[0].onclose?.();
    assert.deepEqual([], await client.ask('a', question('x')));
    clock.strike();
    assert.equal(1, sockets.length);

    void client.ask('a', question('x'));

    assert.equal(2, sockets.length);
  });

  test('waits twice as long after each try that failed', () => {
    const { client, clock, sockets } = clientOf();
    const pauses: number[] = [];
    client.open();
    sockets[0].onopen?.();
    for (let tries = 0; tries < 8; tries++) {
      sockets.at(-1)!.onclose?.();
      pauses.push(clock.waiting[0].milliseconds);
      clock.strike();
    }

    assert.ok(pauses[0] <= 1500 && pauses[1] >= 1000 && pauses.at(-1)! >= 15_000);
    assert.ok(Math.max(...pauses) <= 45_000);
  });
});

describe('a connection that was lost long ago', () => {
  function lost() {
    const { client, clock, sockets } = clientOf();
    client.open();
    sockets[0].onopen?.();
    for (let tries = 0; tries < 8; tries++) {
      sockets.at(-1)!.onclose?.();
      clock.strike();
    }
    sockets.at(-1)!.onclose?.();
    return { client, clock, pause: () => clock.waiting[0].milliseconds };
  }

  test('is tried again within two seconds once somebody types', async () => {
    const { client, clock, pause } = lost();
    assert.ok(pause() >= 15_000);
    await client.ask('a', question('x'));

    assert.ok(pause() <= 1500);
    assert.equal(1, clock.waiting.length);
  });

  test('is not put off by those who go on typing', async () => {
    const { client, pause } = lost();
    await client.ask('a', question('x'));
    const first = pause();
    await client.ask('a', question('xy'));

    assert.equal(first, pause());
  });
});

describe('what the server says of the model', () => {
  test('is known, and the first time nothing is switched', () => {
    const { client, socket } = connected();
    let switched = 0;
    client.switched.connect(() => switched++);
    socket.say({ type: 'status', ...STATUS });

    assert.deepEqual([0, 'fast'], [switched, client.status?.name]);
  });

  test('calls off what was asked of another', async () => {
    const { client, socket } = connected();
    let switched = 0;
    client.switched.connect(() => switched++);
    socket.say({ type: 'status', ...STATUS });
    const answer = client.ask('a', question('x'));
    socket.say({ type: 'status', ...STATUS, model: 'acme:slow' });

    assert.deepEqual([], await answer);
    assert.equal(1, switched);
  });

  test('a failure is known until a question is answered', () => {
    const { client, socket } = connected();
    void client.ask('a', question('x'));
    socket.reply([], 1, 'no key');
    assert.equal('no key', client.problem);
    void client.ask('a', question('xy'));
    socket.reply([], 1); // too late, and of no interest
    assert.equal('no key', client.problem);
    socket.reply([], 2);

    assert.equal(null, client.problem);
  });
});

describe('what became of a suggestion', () => {
  for (const event of ['shown', 'ignored', 'rejected'] as const) {
    test(`is told once where it was ${event}`, () => assert.deepEqual([event], toldTwice(event)));
  }
  for (const event of ['accepted-partly', 'accepted', 'edited'] as const) {
    test(`is told each time where it was ${event}`, () =>
      assert.deepEqual([event, event], toldTwice(event)));
  }

  function toldTwice(event: EventName) {
    const { client, socket } = connected();
    client.tell({ event, item: 'one' });
    client.tell({ event, item: 'one' });
    return socket.sent.map(frame => frame.event);
  }
});
