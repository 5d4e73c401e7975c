import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NOTHING, withKey, withModel } from '../src/settings/draft';
import { settingsSaved, SettingsStore } from '../src/settings/store';
import type { Config, TestAnswer } from '../src/settings/wire';
import { config, provider } from './settings_examples';

const TRANS = {
  __: (text: string, ...values: string[]) => text.replace(/%(\d)/g, (_, n) => values[Number(n) - 1])
} as never;

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string
  ) {
    super(message);
  }
}

/** A server with one provider that needs a key; `refuse` makes a route fail. */
class FakeServer {
  saved: Config = config();
  asked: [string, string, unknown][] = [];
  refuse: Record<string, Refusal> = {};
  tested: TestAnswer = { ok: true, text: 'ready', seconds: 0.1 };

  async request<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
    this.asked.push([path, method, body]);
    const refusal = this.refuse[`${method} ${path}`];
    if (refusal !== undefined) {
      throw refusal;
    }
    return this._answer(path, method, body) as T;
  }

  private _answer(path: string, method: string, body: unknown): unknown {
    const keyed = provider('keyed', { auth_strategy: { type: 'env', name: 'A_KEY' } });
    switch (`${method} ${path}`) {
      case 'GET config':
        return this.saved;
      case 'GET providers':
        return { providers: [provider('open'), keyed] };
      case 'GET providers/embeddings':
        return { providers: [] };
      case 'POST config':
        this.saved = { ...this.saved, ...(body as Config), last_read: this.saved.last_read + 1 };
        return null;
      case 'POST models/test':
        return this.tested;
      default:
        return null;
    }
  }
}

async function loaded(): Promise<[SettingsStore, FakeServer]> {
  const server = new FakeServer();
  const store = new SettingsStore(server, TRANS);
  await store.load();
  return [store, server];
}

const CHOSEN = withKey(withModel(NOTHING, 'model_provider_id', 'keyed:large'), 'A_KEY', 'secret');

test('saving is one request, and then nothing that was typed is held any more', async () => {
  const [store, server] = await loaded();
  let count = 0;
  const slot = () => void count++;
  settingsSaved.connect(slot);
  store.edit(CHOSEN);
  assert.ok(store.isDirty);
  assert.ok(await store.save());
  settingsSaved.disconnect(slot);

  const posts = server.asked.filter(([, method]) => method === 'POST');
  assert.deepEqual(posts, [
    [
      'config',
      'POST',
      { model_provider_id: 'keyed:large', api_keys: { A_KEY: 'secret' }, last_read: 7 }
    ]
  ]);
  assert.deepEqual([store.draft, store.isDirty, store.isSaved, count], [NOTHING, false, true, 1]);
});

test('who comes second is told, and keeps what was typed when it is read again', async () => {
  const [store, server] = await loaded();
  store.edit(CHOSEN);
  server.refuse['POST config'] = new Refusal(409, 'Somebody else …');
  assert.equal(await store.save(), false);
  assert.deepEqual([store.isConflict, store.failure, store.draft], [true, null, CHOSEN]);

  server.refuse = {};
  server.saved = { ...server.saved, last_read: 20, send_with_shift_enter: true };
  await store.load();
  assert.ok(await store.save());
  assert.equal((server.asked.at(-4)?.[2] as Config).last_read, 20);
  assert.equal(store.config?.send_with_shift_enter, true);
});

test('a refusal is told at its field, and what was typed stays', async () => {
  const [store, server] = await loaded();
  store.edit(CHOSEN);
  server.refuse['POST config'] = new Refusal(400, 'model_provider_id: it is unknown.');
  assert.equal(await store.save(), false);
  assert.deepEqual(store.refused, { model_provider_id: 'it is unknown.' });
  assert.equal(store.draft, CHOSEN);
});

test('a key that is lacking is told where it is entered', async () => {
  const [store, server] = await loaded();
  store.edit(CHOSEN);
  const text = 'model_provider_id: keyed:large needs A_KEY, which is not set.';
  server.refuse['POST config'] = new Refusal(400, text);
  await store.save();
  const told = 'A model that is chosen needs this key. Enter it.';
  assert.deepEqual(store.refused, { 'api_keys.A_KEY': told });
});

test('what belongs nowhere is told on top', async () => {
  const [store, server] = await loaded();
  store.edit(CHOSEN);
  server.refuse['POST config'] = new Refusal(503, 'The disk is full.');
  await store.save();
  assert.deepEqual([store.failure, store.refused], ['The disk is full.', {}]);
});

for (const [status, message, told] of [
  [0, 'Failed to fetch', /does not answer/],
  [404, '404 Not Found', /missing or older/],
  [403, 'You may not read jupyter_ai.', /You may not do this/],
  [503, 'The chat is not available.', /^The chat is not available\.$/]
] as const) {
  test(`settings that cannot be read: ${status}`, async () => {
    const server = new FakeServer();
    server.refuse['GET config'] = new Refusal(status, message);
    const store = new SettingsStore(server, TRANS);
    await store.load();
    assert.match(store.failure ?? '', told);
    assert.equal(store.config, null);
  });
}

test('a test saves first, and tells the word', async () => {
  const [store, server] = await loaded();
  store.edit(CHOSEN);
  await store.test('model_provider_id');
  const posts = server.asked.filter(([, method]) => method === 'POST').map(([path]) => path);
  assert.deepEqual(posts, ['config', 'models/test']);
  assert.deepEqual(store.testOf('model_provider_id'), { ok: true, text: 'ready', seconds: 0.1 });
});

test('nothing is tested if it cannot be saved', async () => {
  const [store, server] = await loaded();
  store.edit(CHOSEN);
  server.refuse['POST config'] = new Refusal(400, 'api_keys.A_KEY: it is short.');
  await store.test('model_provider_id');
  assert.equal(store.testOf('model_provider_id'), 'none');
  assert.ok(!server.asked.some(([path]) => path === 'models/test'));
});

test('a server that knows no tests is told where the test was asked for', async () => {
  const [store, server] = await loaded();
  server.refuse['POST models/test'] = new Refusal(404, '404 Not Found');
  await store.test('model_provider_id');
  const state = store.testOf('model_provider_id');
  assert.match(typeof state === 'object' && !state.ok ? state.reason : '', /older than this page/);
});

test('a key that is in use is told at the key, and is no conflict', async () => {
  const [store, server] = await loaded();
  server.refuse['DELETE api_keys/A_KEY'] = new Refusal(409, 'A_KEY is needed.');
  await store.deleteKey('A_KEY');
  assert.deepEqual(
    [store.refused, store.isConflict],
    [{ 'api_keys.A_KEY': 'A_KEY is needed.' }, false]
  );
});

test('it is not read again while something is typed', async () => {
  const [store, server] = await loaded();
  store.edit(CHOSEN);
  const before = server.asked.length;
  await store.refresh();
  assert.equal(server.asked.length, before);
});

test('a key that a test finds wrong is told where it is entered, until it is entered anew', async () => {
  const [store, server] = await loaded();
  const hint = 'A_KEY was entered here: enter it anew.';
  server.tested = { ok: false, reason: 'No.', hint };
  store.edit(withKey(withModel(NOTHING, 'model_provider_id', 'keyed:m'), 'A_KEY', 'wrong'));

  await store.test('model_provider_id');

  assert.equal(store.problemOf('A_KEY'), hint);
  store.edit(withKey(store.draft, 'A_KEY', 'right'));
  assert.equal(store.problemOf('A_KEY'), undefined);
});

test('a test that fails for another reason says nothing of the key', async () => {
  const [store, server] = await loaded();
  server.tested = { ok: false, reason: 'No.', hint: 'Start its server.' };
  store.edit(withModel(NOTHING, 'model_provider_id', 'keyed:m'));

  await store.test('model_provider_id');

  assert.equal(store.problemOf('A_KEY'), undefined);
});
