import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { IChat, IChatMessage, ICompletionContext } from 'jupyter-ai-tokens';

import { CommandOption } from '../src/wire/api';
import { CommandCompleter, CommandLists } from '../src/writing/command_list';

const ALL = [option('/clear', true), option('/help', true), option('@file:'), option('@now')];

function option(label: string, only_start = false): CommandOption {
  return { id: label, label, description: `About ${label}`, only_start };
}

/** A server that counts what it is asked. */
class Server {
  asked: string[] = [];
  answer: CommandOption[] = ALL;
  isDown = false;

  async options(chatId: string, partial = ''): Promise<CommandOption[]> {
    this.asked.push(`${chatId} ${partial}`);
    if (this.isDown) {
      throw new Error('no answer');
    }
    return this.answer;
  }
}

function context(
  word: string,
  isStart = true,
  messages: Partial<IChatMessage>[] = []
): ICompletionContext {
  return { chat: { id: 'c', messages } as unknown as IChat, text: word, word, isStart };
}

async function labels(server: Server, word: string, isStart = true): Promise<string[]> {
  const completer = new CommandCompleter(server, new CommandLists(server));
  return (await completer.complete(context(word, isStart))).map(line => line.label);
}

describe('the list of commands', () => {
  test('is read once', async () => {
    const server = new Server();
    const list = new CommandLists(server).of('c');

    assert.deepEqual(await Promise.all([list.all(), list.all()]), [ALL, ALL]);
    assert.deepEqual(await list.all(), ALL);
    assert.deepEqual(server.asked, ['c ']);
  });

  test('that is old is given while it is read again', async () => {
    const server = new Server();
    let now = 0;
    const list = new CommandLists(server, () => now).of('c');
    await list.all();
    server.answer = [];

    now = 30_001;
    assert.deepEqual(await list.all(), ALL);
    await list.refresh();
    assert.deepEqual(await list.all(), []);
    assert.equal(server.asked.length, 2);
  });

  test('is empty while it cannot be read, and asked for again', async t => {
    t.mock.method(console, 'warn', () => undefined);
    const server = new Server();
    server.isDown = true;
    const list = new CommandLists(server).of('c');

    assert.deepEqual(await list.all(), []);
    server.isDown = false;
    assert.deepEqual(await list.all(), ALL);
  });

  test('that was forgotten does not come back with an answer from before', async () => {
    let answer: (options: CommandOption[]) => void = () => undefined;
    const answers = [new Promise<CommandOption[]>(resolve => (answer = resolve)), [option('/new')]];
    const lists = new CommandLists({ options: async () => answers.shift()! });
    const before = lists.of('c').all();

    lists.forget();
    const after = await lists.of('c').all();
    answer(ALL);
    await before;

    assert.deepEqual(after, [option('/new')]);
    assert.deepEqual(await lists.of('c').all(), [option('/new')]);
  });
});

test('each chat has a list of its own', async () => {
  const server = new Server();
  const lists = new CommandLists(server);

  for (const id of ['one', 'two', 'one']) {
    await lists.of(id).all();
  }

  assert.deepEqual(server.asked, ['one ', 'two ']);
});

describe('the completer of commands', () => {
  test('offers what begins so, with its help', async () => {
    const server = new Server();
    const completer = new CommandCompleter(server, new CommandLists(server));

    assert.deepEqual(await completer.complete(context('/h')), [
      { label: '/help', description: 'About /help', isWhole: true }
    ]);
  });

  for (const [label, ...words] of [
    ['@Reviewer', '@rev', '@REV', '@"rev', '@reviewer'],
    ['@"Dr. "No", PhD"', '@Dr', '@dr.', '@"Dr. "No'],
    ['@Data-Fred', '@data_f', '@"Data F'],
    ['@Zoë', '@zoe\u0308'],
    ['/help', '/HE', '/HELP'],
    ['/refresh_personas', '/refresh-', '/Refresh-Personas']
  ]) {
    test(`offers ${label} for each spelling that the server takes, or may mean it`, async () => {
      const server = new Server();
      server.answer = [
        ...ALL.filter(one => one.label !== '/help'),
        option(label, label[0] === '/')
      ];

      for (const word of words) {
        assert.deepEqual(await labels(server, word), [label], word);
      }
    });
  }

  test('offers nothing for a command that is whole as the documentation spells it', async () => {
    const server = new Server();
    server.answer = [option('/refresh_personas', true)];

    assert.deepEqual(await labels(server, '/refresh-personas'), []);
    assert.deepEqual(await labels(server, '/refresh_personas'), ['/refresh_personas']);
  });

  test('offers slash commands as the first word only', async () => {
    assert.deepEqual(await labels(new Server(), '/', false), []);
    assert.deepEqual(await labels(new Server(), '@', false), ['@file:', '@now']);
  });

  test('has nothing to say of other words, and asks nobody', async () => {
    const server = new Server();

    assert.deepEqual(await labels(server, 'help'), []);
    assert.deepEqual(server.asked, []);
  });

  test('asks for the arguments of a command', async () => {
    const server = new Server();
    server.answer = [option('@file:a/'), option('@file:a\\ b.txt')];
    const completer = new CommandCompleter(server, new CommandLists(server));

    const lines = await completer.complete(context('@file:a'));

    assert.deepEqual(server.asked, ['c @file:a']);
    assert.deepEqual(
      lines.map(line => [line.label, line.isWhole]),
      [
        ['@file:a/', false],
        ['@file:a\\ b.txt', true]
      ]
    );
  });

  test('offers what a command has brought, once it has answered', async () => {
    const server = new Server();
    const completer = new CommandCompleter(server, new CommandLists(server));
    const offered = async (...messages: Partial<IChatMessage>[]) =>
      (await completer.complete(context('@n', true, messages))).map(line => line.label);
    const answer = { id: 'a', type: 'agent', complete: false } as const;
    assert.deepEqual(await offered(), ['@now']);
    server.answer = [...ALL, option('@Neo')];

    assert.deepEqual(await offered(answer), ['@now']);
    assert.deepEqual(await offered({ ...answer, complete: true }), ['@now', '@Neo']);
    assert.equal(server.asked.length, 2);
  });

  test('goes on after a command that wants an argument', async () => {
    const server = new Server();
    const completer = new CommandCompleter(server, new CommandLists(server));

    const lines = await completer.complete(context('@'));

    assert.deepEqual(
      lines.map(line => line.isWhole),
      [false, true]
    );
  });
});
