import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  AgentFrame,
  ChunkFrame,
  ConnectionFrame,
  HumanFrame,
  PendingFrame
} from '../src/wire/frames';
import { Transcript } from '../src/wire/transcript';

const persona = { name: 'P', avatar_route: 'a.svg' };

function human(id: string, seq?: number): HumanFrame {
  const client = { id: 'c', username: 'ada', display_name: 'Ada' };
  return { type: 'human', id, time: 1, body: id, prompt: id, selection: null, client, seq };
}

function reply(id: string, replyTo: string, more: Partial<AgentFrame> = {}): AgentFrame {
  const frame = { type: 'agent' as const, id, time: 2, body: '', reply_to: replyTo };
  return { ...frame, persona, metadata: {}, ...more };
}

function stream(id: string, replyTo: string, more: Partial<AgentFrame> = {}): AgentFrame {
  return reply(id, replyTo, { type: 'agent-stream', complete: false, ...more });
}

function chunk(id: string, content: string, more: Partial<ChunkFrame> = {}): ChunkFrame {
  return { type: 'agent-stream-chunk', id, content, stream_complete: false, metadata: {}, ...more };
}

function pending(id: string, replyTo: string): PendingFrame {
  const frame = { type: 'pending' as const, id, time: 2, body: '…', reply_to: replyTo };
  return { ...frame, persona, ellipsis: true, closed: false };
}

function connection(
  messages: (HumanFrame | AgentFrame)[] | null,
  more: Partial<ConnectionFrame> = {},
  pendingMessages: PendingFrame[] = []
): ConnectionFrame {
  const history = messages && { messages, pending_messages: pendingMessages };
  return { type: 'connection', client_id: 'c', history, epoch: 'e1', seq: 0, ...more };
}

function connected(...messages: (HumanFrame | AgentFrame)[]): Transcript {
  const transcript = new Transcript();
  transcript.connect(connection(messages));
  return transcript;
}

function bodies(transcript: Transcript): string[] {
  return transcript.messages.map(message => message.body);
}

test('a history is what there is, in its order', () => {
  const transcript = new Transcript();

  const change = transcript.connect(
    connection([human('h'), reply('a', 'h')], { epoch: 'e7', seq: 7 }, [pending('p', 'h')])
  );

  assert.deepEqual(change, { added: ['h', 'a'], updated: [], removed: [], pending: true });
  assert.deepEqual([transcript.epoch, transcript.seq], ['e7', 7]);
  assert.deepEqual(
    transcript.messages.map(({ id, type, complete }) => [id, type, complete]),
    [
      ['h', 'human', true],
      ['a', 'agent', true]
    ]
  );
  assert.deepEqual(
    transcript.pending.map(({ id }) => id),
    ['p']
  );
});

test('a person is called by the best name there is', () => {
  const names = [{ display_name: 'Ada' }, { display_name: '', name: 'ada l' }, {}];
  const clients = names.map(name => ({ id: 'c', username: 'al', ...name }));

  const transcript = connected(...clients.map((client, i) => ({ ...human(`h${i}`), client })));

  assert.deepEqual(
    transcript.messages.map(message => message.sender),
    ['Ada', 'ada l', 'al']
  );
});

test('a stream grows by its chunks, and its last one completes it', () => {
  const transcript = connected(human('h'));
  assert.deepEqual(transcript.take(stream('s', 'h')).added, ['s']);

  transcript.take(chunk('s', 'a', { offset: 0 }));
  const change = transcript.take(chunk('s', 'b', { offset: 1 }));
  assert.deepEqual([transcript.find('s')!.body, transcript.find('s')!.complete], ['ab', false]);
  transcript.take(chunk('s', '!', { offset: 2, stream_complete: true, metadata: { x: 1 } }));

  assert.deepEqual(change.updated, ['s']);
  const { body, complete, metadata } = transcript.find('s')!;
  assert.deepEqual(
    { body, complete, metadata },
    { body: 'ab!', complete: true, metadata: { x: 1 } }
  );
});

test('nothing follows the last chunk', () => {
  const transcript = connected(stream('s', 'h'));
  transcript.take(chunk('s', 'a', { stream_complete: true }));

  const change = transcript.take(chunk('s', 'b'));

  assert.deepEqual(change.updated, []);
  assert.deepEqual(bodies(transcript), ['a']);
});

test('a chunk of what is not known changes nothing', () => {
  const transcript = connected();

  assert.deepEqual(transcript.take(chunk('s', 'a')).updated, []);
  assert.deepEqual(bodies(transcript), []);
});

for (const text of ['abcdef', '😀a😀b😀c', 'é\u0301👩‍👩‍👧🇦🇶é']) {
  test(`what overlaps is dropped by its offset, at every place: ${text}`, () => {
    const points = [...text];
    for (let known = 0; known <= points.length; known++) {
      for (let offset = 0; offset <= known; offset++) {
        const transcript = connected(stream('s', 'h', { body: points.slice(0, known).join('') }));

        transcript.take(chunk('s', points.slice(offset).join(''), { offset }));
        transcript.take(chunk('s', '!', { offset: points.length }));

        assert.deepEqual(bodies(transcript), [text + '!'], `known ${known}, offset ${offset}`);
      }
    }
  });
}

test('a chunk that is known from its beginning to its end adds nothing, and may complete', () => {
  const transcript = connected(stream('s', 'h', { body: 'a😀b' }));

  transcript.take(chunk('s', '😀', { offset: 1 }));
  transcript.take(chunk('s', 'b', { offset: 2, stream_complete: true }));

  assert.deepEqual(bodies(transcript), ['a😀b']);
  assert.equal(transcript.find('s')!.complete, true);
});

test('chunks of a server that tells no offsets are appended', () => {
  const transcript = connected(stream('s', 'h', { body: 'a' }));

  transcript.take(chunk('s', 'a'));

  assert.deepEqual(bodies(transcript), ['aa']);
});

test('who comes back gets what was missed, and nothing twice', () => {
  const transcript = connected(human('h'));
  const frames = [
    stream('s', 'h', { seq: 1 }),
    chunk('s', '😀', { offset: 0, seq: 2 }),
    chunk('s', 'b', { offset: 1, seq: 3 }),
    chunk('s', 'c', { offset: 2, seq: 4, stream_complete: true })
  ];
  frames.slice(0, 3).forEach(frame => transcript.take(frame));

  const change = transcript.connect(connection(null, { seq: 4 }));
  const changes = frames.map(frame => transcript.take(frame));

  assert.deepEqual(change, { added: [], updated: [], removed: [], pending: false });
  assert.deepEqual(
    changes.map(({ added, updated }) => [...added, ...updated]),
    [[], [], [], ['s']]
  );
  assert.deepEqual(bodies(transcript), ['h', '😀bc']);
  assert.equal(transcript.seq, 4);
});

test('a connection without history leaves the position to the frames that follow', () => {
  const transcript = new Transcript();
  transcript.connect(connection([], { epoch: 'e1', seq: 3 }));

  transcript.connect(connection(null, { epoch: 'e1', seq: 9 }));

  assert.deepEqual([transcript.epoch, transcript.seq], ['e1', 3]);
});

test('a chunk merged from known and new ones adds the new', () => {
  const transcript = connected(stream('s', 'h'));
  transcript.take(chunk('s', 'ab', { offset: 0, seq: 1 }));

  transcript.take(chunk('s', 'bcd', { offset: 1, seq: 3 }));

  assert.deepEqual(bodies(transcript), ['abcd']);
});

test('a server that was started anew begins to count anew', () => {
  const transcript = new Transcript();
  transcript.connect(connection([human('h'), stream('s', 'h', { body: 'ab' })], { seq: 50 }));

  const interrupted = stream('s', 'h', {
    body: 'a',
    complete: true,
    metadata: { interrupted: true }
  });
  const change = transcript.connect(connection([human('h'), interrupted], { epoch: 'e2', seq: 0 }));
  transcript.take(human('h2', 1));

  assert.deepEqual(change, { added: [], updated: ['h', 's'], removed: [], pending: true });
  assert.deepEqual([transcript.epoch, transcript.seq], ['e2', 1]);
  assert.deepEqual(bodies(transcript), ['h', 'a', 'h2']);
  assert.deepEqual(
    [...transcript.messages].map(message => message.complete),
    [true, true, true]
  );
});

test('a new history says what is gone, and what was known of lengths is forgotten', () => {
  const transcript = connected(human('gone'), stream('s', 'gone', { body: 'abc' }));
  transcript.take(chunk('s', 'd', { offset: 3 }));

  const change = transcript.connect(
    connection([stream('s', 'gone', { body: 'ab' })], { epoch: 'e2' })
  );
  transcript.take(chunk('s', 'bc', { offset: 1 }));

  assert.deepEqual(change.removed, ['gone']);
  assert.deepEqual(bodies(transcript), ['abc']);
});

test('a pending message is there until it is closed', () => {
  const transcript = connected(human('h'));

  assert.equal(transcript.take(pending('p', 'h')).pending, true);
  assert.equal(transcript.pending.length, 1);
  assert.equal(transcript.take({ type: 'close-pending', id: 'p' }).pending, true);
  assert.equal(transcript.pending.length, 0);
  assert.equal(transcript.take({ type: 'close-pending', id: 'p' }).pending, false);
});

test('clearing an exchange takes its replies and its pending ones, and no others', () => {
  const transcript = connected(human('h1'), reply('a1', 'h1'), human('h2'), stream('s2', 'h2'));
  transcript.take(pending('p1', 'h1'));
  transcript.take(pending('p2', 'h2'));

  const change = transcript.take({ type: 'clear', targets: ['h1'] });
  transcript.take(chunk('a1', 'late'));

  assert.deepEqual(change, { added: [], updated: [], removed: ['h1', 'a1'], pending: true });
  assert.deepEqual(
    transcript.messages.map(({ id }) => id),
    ['h2', 's2']
  );
  assert.deepEqual(
    transcript.pending.map(({ id }) => id),
    ['p2']
  );
});

test('clearing all takes all', () => {
  const transcript = connected(human('h'), stream('s', 'h'));
  transcript.take(pending('p', 'h'));

  const change = transcript.take({ type: 'clear', targets: null });

  assert.deepEqual(change.removed, ['h', 's']);
  assert.deepEqual([transcript.messages, transcript.pending], [[], []]);
});

test('a message is open until a reply to it is complete and nothing is pending', () => {
  const transcript = connected(human('h'));
  assert.equal(transcript.isOpen('h'), true);
  transcript.take(pending('p', 'h'));
  transcript.take(reply('a', 'h'));
  assert.equal(transcript.isOpen('h'), true);
  transcript.take({ type: 'close-pending', id: 'p' });
  assert.equal(transcript.isOpen('h'), false);

  transcript.take(stream('s', 'h'));
  assert.equal(transcript.isOpen('h'), true);
  transcript.take(chunk('s', 'x', { stream_complete: true }));

  assert.equal(transcript.isOpen('h'), false);
});

test('a message that changes is a new object', () => {
  const transcript = connected(stream('s', 'h'));
  const before = transcript.find('s')!;

  transcript.take(chunk('s', 'a'));

  assert.equal(before.body, '');
  assert.notEqual(transcript.find('s'), before);
});
