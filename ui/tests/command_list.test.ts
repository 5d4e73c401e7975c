import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { IChat, ICompletionContext } from 'jupyter-ai-tokens';

import { CommandOption } from '../src/wire/api';
import { CommandCompleter, CommandList } from '../src/writing/command_list';

const ALL = [option('/clear', true), option('/help', true), option('@file:'), option('@now')];

function option(label: string, only_start = false): CommandOption {
  return { id: label, label, description: `About ${label}`, only_start };
}

/** A server that counts what it is asked. */
class Server {
  asked: string[] = [];
  answer: CommandOption[] = ALL;
  isDown = false;

  async options(partial = ''): Promise<CommandOption[]> {
    this.asked.push(partial);
    if (this.isDown) {
      throw new Error('no answer');
    }
    return this.answer;
  }
}

function context(word: string, isStart = true): ICompletionContext {
  return { chat: {} as IChat, text: word, word, isStart };
}

async function labels(server: Server, word: string, isStart = true): Promise<string[]> {
  const completer = new CommandCompleter(server, new CommandList(server));
  return (await completer.complete(context(word, isStart))).map(line => line.label);
}

describe('the list of commands', () => {
  test('is read once', async () => {
    const server = new Server();
    const list = new CommandList(server);

    assert.deepEqual(await Promise.all([list.all(), list.all()]), [ALL, ALL]);
    assert.deepEqual(await list.all(), ALL);
    assert.deepEqual(server.asked, ['']);
  });

  test('that is old is given while it is read again', async () => {
    const server = new Server();
    let now = 0;
    const list = new CommandList(server, () => now);
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
    const list = new CommandList(server);

    assert.deepEqual(await list.all(), []);
    server.isDown = false;
    assert.deepEqual(await list.all(), ALL);
  });

  test('that was forgotten does not come back with an answer from before', async () => {
    let answer: (options: CommandOption[]) => void = () => undefined;
    const answers = [new Promise<CommandOption[]>(resolve => (answer = resolve)), [option('/new')]];
    const list = new CommandList({ options: async () => answers.shift()! });
    const before = list.all();

    list.forget();
    const after = await list.all();
    answer(ALL);
    await before;

    assert.deepEqual(after, [option('/new')]);
    assert.deepEqual(await list.all(), [option('/new')]);
  });
});

describe('the completer of commands', () => {
  test('offers what begins so, with its help', async () => {
    const server = new Server();
    const completer = new CommandCompleter(server, new CommandList(server));

    assert.deepEqual(await completer.complete(context('/h')), [
      { label: '/help', description: 'About /help', isWhole: true }
    ]);
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
    const completer = new CommandCompleter(server, new CommandList(server));

    const lines = await completer.complete(context('@file:a'));

    assert.deepEqual(server.asked, ['@file:a']);
    assert.deepEqual(
      lines.map(line => [line.label, line.isWhole]),
      [
        ['@file:a/', false],
        ['@file:a\\ b.txt', true]
      ]
    );
  });

  test('goes on after a command that wants an argument', async () => {
    const server = new Server();
    const completer = new CommandCompleter(server, new CommandList(server));

    const lines = await completer.complete(context('@'));

    assert.deepEqual(
      lines.map(line => line.isWhole),
      [false, true]
    );
  });
});
