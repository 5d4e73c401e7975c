import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  fieldText,
  mistakes,
  neededKeys,
  NOTHING,
  otherKeys,
  placeOf,
  placesOf,
  updateOf,
  withField,
  withKey,
  withModel
} from '../src/settings/draft';
import type { ProviderField } from '../src/settings/wire';
import { HIDDEN, MODEL_KINDS } from '../src/settings/wire';
import { config, provider } from './settings_examples';

const FIELDS: ProviderField[] = [
  { type: 'text', key: 'base', label: 'Base' },
  { type: 'integer', key: 'threads', label: 'Threads' },
  { type: 'text-multiline', key: 'schema', label: 'Schema', format: 'json' }
];
const KEYED = provider('keyed', { auth_strategy: { type: 'env', name: 'A_KEY' } });
const BOTH = provider('both', { auth_strategy: { type: 'multienv', names: ['A_KEY', 'B_KEY'] } });
const PROVIDERS = {
  language: [provider('open', { fields: FIELDS }), KEYED, BOTH],
  embeddings: [provider('vectors')]
};
const LANGUAGE = MODEL_KINDS[0];

function update(draft = NOTHING, saved = config()): unknown {
  return updateOf(saved, draft, PROVIDERS);
}

function typed(key: string, text: string | undefined, draft = NOTHING) {
  return withField(draft, 'fields', 'open:small', key, text);
}

test('nothing is sent if nothing was changed', () => {
  assert.equal(update(), null);
  assert.equal(update(withModel(NOTHING, 'model_provider_id', 'open:small')), null);
  assert.equal(update({ ...NOTHING, shiftEnter: false, memory: ' ' }), null);
  assert.equal(update(withKey(NOTHING, 'A_KEY', 'for a model that is not chosen')), null);
});

test('only what was changed is sent, with the time of reading', () => {
  const draft = withModel(NOTHING, 'embeddings_provider_id', 'vectors:large');
  assert.deepEqual(update(draft), { embeddings_provider_id: 'vectors:large', last_read: 7 });
  assert.deepEqual(update({ ...NOTHING, shiftEnter: true, memory: '5' }), {
    send_with_shift_enter: true,
    max_chat_history: 5,
    last_read: 7
  });
});

test('none is sent as null, and so is the default length of the memory', () => {
  const draft = { ...withModel(NOTHING, 'model_provider_id', null), memory: '' };
  assert.deepEqual(update(draft, config({ max_chat_history: 3 })), {
    model_provider_id: null,
    max_chat_history: null,
    last_read: 7
  });
});

test('a model that is fixed is not sent', () => {
  const draft = withModel(NOTHING, 'model_provider_id', 'keyed:large');
  assert.equal(update(draft, config({ fixed: { model_provider_id: 'AiExtension' } })), null);
});

test('keys are sent with the model that needs them, without blanks around them', () => {
  const draft = withModel(NOTHING, 'model_provider_id', 'keyed:large');
  assert.deepEqual(update(withKey(withKey(draft, 'A_KEY', ' secret '), 'B_KEY', 'x')), {
    model_provider_id: 'keyed:large',
    api_keys: { A_KEY: 'secret' },
    last_read: 7
  });
  assert.deepEqual(update(withKey(draft, 'A_KEY', '  ')), {
    model_provider_id: 'keyed:large',
    last_read: 7
  });
});

test('fields are sent in their types; a blank one removes what is stored', () => {
  const saved = config({ fields: { 'open:small': { base: 'http://a' } } });
  const draft = typed('base', '', typed('threads', ' 4 ', typed('schema', '{}')));
  assert.deepEqual(update(draft, saved), {
    fields: { 'open:small': { base: '', threads: 4, schema: '{}' } },
    last_read: 7
  });
});

test('a field that says what is stored, or that the provider has not, is not sent', () => {
  const saved = config({ fields: { 'open:small': { threads: 4 } } });
  assert.equal(update(typed('threads', '4', typed('gone', 'x')), saved), null);
});

test('fields of a model that is not chosen any more are not sent', () => {
  const draft = withModel(typed('base', 'x'), 'model_provider_id', 'keyed:large');
  assert.deepEqual(update(draft), { model_provider_id: 'keyed:large', last_read: 7 });
});

test('what is not told is shown as blank, and kept unless it is removed', () => {
  const saved = config({ fields: { 'open:small': { schema: HIDDEN } } });
  const shown = (draft = NOTHING) => fieldText(LANGUAGE, 'open:small', 'schema', saved, draft);
  assert.equal(shown(), '');
  assert.equal(update(typed('schema', undefined), saved), null);
  assert.equal(shown(typed('schema', '[]')), '[]');
  assert.deepEqual(update(typed('schema', ''), saved), {
    fields: { 'open:small': { schema: '' } },
    last_read: 7
  });
});

test('each key is asked for once, with who needs it and where it comes from', () => {
  const saved = config({
    model_provider_id: 'keyed:large',
    completions_model_provider_id: 'both:small',
    key_sources: { A_KEY: 'user', OTHER: 'user', ENV: 'environment' },
    api_keys: ['A_KEY', 'ENV', 'OTHER']
  });
  const needed = neededKeys(saved, NOTHING, PROVIDERS);
  assert.deepEqual(needed, [
    { name: 'A_KEY', source: 'user', users: ['KEYED', 'BOTH'] },
    { name: 'B_KEY', source: null, users: ['BOTH'] }
  ]);
  assert.deepEqual(otherKeys(saved, needed), ['OTHER']);
});

for (const [text, mistake] of [
  ['{"a": 1}', undefined],
  ['{a: 1}', 'json'],
  [' ', undefined]
] as const) {
  test(`JSON: ${text}`, () => {
    const found = mistakes(config(), typed('schema', text), PROVIDERS);
    assert.equal(found['fields.open:small.schema'], mistake);
  });
}

for (const [text, mistake] of [
  ['4', undefined],
  ['-4', undefined],
  ['4.5', 'integer'],
  ['0x4', 'integer'],
  ['99999999999999999999', 'integer']
] as const) {
  test(`a whole number: ${text}`, () => {
    const found = mistakes(config(), typed('threads', text), PROVIDERS);
    assert.equal(found['fields.open:small.threads'], mistake);
  });
}

for (const [memory, mistake] of [
  ['', undefined],
  ['0', undefined],
  ['1000', undefined],
  ['1001', 'memory'],
  ['-1', 'memory'],
  ['2.5', 'memory'],
  ['many', 'memory']
] as const) {
  test(`the length of the memory: "${memory}"`, () => {
    const found = mistakes(config(), { ...NOTHING, memory }, PROVIDERS);
    assert.equal(found.max_chat_history, mistake);
  });
}

test('a refusal is told where it belongs', () => {
  const draft = withModel(NOTHING, 'completions_model_provider_id', 'keyed:large');
  const places = placesOf(config(), draft, PROVIDERS);
  const placed = (message: string) => placeOf(message, places);
  assert.equal(placed('fields.open:small.base: it is an address'), 'fields.open:small.base');
  assert.equal(placed('model_provider_id: unknown'), 'model_provider_id');
  assert.equal(placed('api_keys.A_KEY: the key is empty'), 'api_keys.A_KEY');
  assert.equal(placed('The disk is full: nothing was saved'), '');
});
