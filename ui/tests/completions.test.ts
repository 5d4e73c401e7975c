import assert from 'node:assert/strict';
import { test } from 'node:test';

import { IChat, ICompleter, ICompletion } from 'jupyter-ai-tokens';

import { Completions } from '../src/writing/completions';

const CHAT = {} as IChat;

function input(value: string): { value: string; cursorIndex: number } {
  return { value, cursorIndex: value.length };
}

function completer(id: string, ...lines: ICompletion[]): ICompleter {
  return { id, complete: async () => lines };
}

async function complete(completers: ICompleter[], text: string) {
  return new Completions(CHAT, { items: completers }).listCommandCompletions(input(text));
}

test('the lines of all completers are in the order of these', async () => {
  const found = await complete(
    [completer('a', { label: '@one' }), completer('b', { label: '@two', isWhole: true })],
    '@'
  );

  assert.deepEqual(
    found.map(command => [command.name, command.spaceOnAccept]),
    [
      ['@one', false],
      ['@two', true]
    ]
  );
});

test('a label is shown once', async () => {
  const found = await complete(
    [
      completer('a', { label: '@one', description: 'first' }),
      completer('b', { label: '@one', description: 'second' })
    ],
    '@'
  );

  assert.deepEqual(
    found.map(command => command.description),
    ['first']
  );
});

test('what is inserted may be something else', async () => {
  const [command] = await complete([completer('a', { label: ':smile', insert: '🙂' })], ':s');

  assert.equal(command.replaceWith, '🙂');
});

test('completers are told the word at the cursor', async () => {
  const seen: unknown[] = [];
  const spy: ICompleter = {
    id: 'spy',
    complete: async ({ word, isStart, text }) => {
      seen.push([word, isStart, text]);
      return [];
    }
  };

  await new Completions(CHAT, { items: [spy] }).listCommandCompletions({
    value: 'ask @fi please',
    cursorIndex: 6
  });

  assert.deepEqual(seen, [['@fi', false, 'ask @fi please']]);
});

test('one that throws costs its own lines', async t => {
  const said = t.mock.method(console, 'error', () => undefined);
  const broken: ICompleter = {
    id: 'broken',
    complete: () => {
      throw new Error('no');
    }
  };

  const found = await complete([broken, completer('a', { label: '@one' })], '@');

  assert.equal(found.length, 1);
  assert.match(String(said.mock.calls[0].arguments[0]), /broken/);
});

test('one that never answers costs its own lines', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const silent: ICompleter = { id: 'silent', complete: () => new Promise(() => undefined) };

  const found = complete([silent, completer('a', { label: '@one' })], '@');
  t.mock.timers.tick(3000);

  assert.equal((await found).length, 1);
});

test('a word that is whole is not offered, so that Enter sends it', async () => {
  const help = completer('a', { label: '/help', isWhole: true });

  assert.deepEqual(await complete([help], '/help'), []);
  assert.equal((await complete([help], '/hel')).length, 1);
});

test('a whole word that may become another is offered', async () => {
  const found = await complete(
    [completer('a', { label: '/do', isWhole: true }, { label: '/document', isWhole: true })],
    '/do'
  );

  assert.equal(found.length, 2);
});

test('an answer that comes after a newer question is dropped', async () => {
  const answers = new Map<string, (lines: ICompletion[]) => void>();
  const slow: ICompleter = {
    id: 'slow',
    complete: ({ word }) => new Promise(resolve => answers.set(word, resolve))
  };
  const completions = new Completions(CHAT, { items: [slow] });
  const typed = input('@file:a');

  const first = completions.listCommandCompletions(typed);
  typed.value = '@file:ab';
  typed.cursorIndex++;
  const second = completions.listCommandCompletions(typed);
  answers.get('@file:ab')!([{ label: '@file:abc' }]);
  answers.get('@file:a')!([{ label: '@file:axx' }]);

  for (const found of await Promise.all([first, second])) {
    assert.deepEqual(
      found.map(command => command.name),
      ['@file:abc']
    );
  }
});

test('an answer for a word that is gone opens no menu', async () => {
  let answer: (lines: ICompletion[]) => void = () => undefined;
  const slow: ICompleter = {
    id: 'slow',
    complete: () => new Promise(resolve => (answer = resolve))
  };
  const typed = input('@a');

  const found = new Completions(CHAT, { items: [slow] }).listCommandCompletions(typed);
  typed.value = '';
  typed.cursorIndex = 0;
  answer([{ label: '@abc' }]);

  assert.deepEqual(await found, []);
});
