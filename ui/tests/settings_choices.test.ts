import assert from 'node:assert/strict';
import { test } from 'node:test';

import { freeChoice, groupsFor, typedChoice } from '../src/settings/choices';
import { provider } from './settings_examples';

const OPEN = provider('open', { models: ['gpt-4', 'gpt-4o'] });
const LOCAL = provider('local', { name: 'Local models', models: ['*'], registry: true });
const AWAY = provider('away', { installed: false, install_hint: 'pip install away' });
const FILLER = provider('filler', { chat_models: [] });
const ALL = [AWAY, OPEN, LOCAL, FILLER];

function lines(query: string, providers = ALL): string[] {
  return groupsFor(query, providers, 'model_provider_id', 'No model').flatMap(group =>
    group.choices.map(choice => `${choice.kind} ${choice.value ?? choice.label}`)
  );
}

test('all is offered: none, then what is installed, then what is not', () => {
  assert.deepEqual(lines(''), [
    'none No model',
    'model open:gpt-4',
    'model open:gpt-4o',
    'any local:',
    'missing AWAY'
  ]);
});

test('each word must occur in the name of the provider or in the id', () => {
  assert.deepEqual(lines('4o OPEN'), ['model open:gpt-4o']);
  assert.deepEqual(lines('models'), ['any local:']);
  assert.deepEqual(lines('nothing like it'), []);
});

test('a provider that is not installed is found by its models', () => {
  assert.deepEqual(lines('away large'), ['missing AWAY']);
});

test('what completes code need not be for the chat', () => {
  const setting = 'completions_model_provider_id';
  const groups = groupsFor('filler', ALL, setting, 'none');
  assert.deepEqual(
    groups.map(group => group.name),
    ['FILLER']
  );
});

test('any model of an installed provider can be typed', () => {
  assert.equal(lines('open:gpt-9')[0], 'free open:gpt-9');
  assert.equal(lines('local:llama3:8b')[0], 'free local:llama3:8b');
});

for (const query of ['open:', 'gone:x', 'away:x', 'filler:x', 'open', 'open:gpt-4', '']) {
  test(`"${query}" is no id of a model that is not listed`, () => {
    assert.equal(freeChoice(query, ALL, 'model_provider_id'), null);
  });
}

test('a whole id is taken, part of one is not', () => {
  const typed = (query: string) => typedChoice(query, ALL, 'model_provider_id');
  assert.equal(typed(' open:gpt-4 '), 'open:gpt-4');
  assert.equal(typed('open:gpt-9'), 'open:gpt-9');
  assert.equal(typed('gpt-4'), null);
  assert.equal(typed(''), null);
});

test('five hundred models are searched in less than 100 ms', () => {
  const many = Array.from({ length: 20 }, (_, i) =>
    provider(`p${i}`, { models: Array.from({ length: 25 }, (_, j) => `model-${j}`) })
  );
  const begun = performance.now();
  assert.equal(lines('p19 model-24', many).length, 1);
  assert.ok(performance.now() - begun < 100);
});
