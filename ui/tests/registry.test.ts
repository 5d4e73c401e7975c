import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Registry } from '../src/registry';

interface IThing {
  readonly id: string;
  readonly rank?: number;
  readonly text?: string;
}

function ids(registry: Registry<IThing>): string[] {
  return registry.items.map(item => item.id);
}

test('items are in the order of their ranks, and of coming where those are equal', () => {
  const registry = new Registry<IThing>();
  registry.add({ id: 'b' });
  registry.add({ id: 'last', rank: 101 });
  registry.add({ id: 'first', rank: 1 });
  registry.add({ id: 'a' });

  assert.deepEqual(ids(registry), ['first', 'b', 'a', 'last']);
});

test('what is added under an id takes the place of what had it, until it is taken out', () => {
  const registry = new Registry<IThing>();
  registry.add({ id: 'x', text: 'old' });
  const replaced = registry.add({ id: 'x', text: 'new' });
  assert.deepEqual(registry.items, [{ id: 'x', text: 'new' }]);

  replaced.dispose();

  assert.deepEqual(registry.items, [{ id: 'x', text: 'old' }]);
});

test('what was replaced may go first', () => {
  const registry = new Registry<IThing>();
  const old = registry.add({ id: 'x', text: 'old' });
  const replaced = registry.add({ id: 'x', text: 'new' });

  old.dispose();
  assert.deepEqual(registry.items, [{ id: 'x', text: 'new' }]);
  replaced.dispose();

  assert.deepEqual(registry.items, []);
});

test('an id can be switched off before there is anything of it', () => {
  const registry = new Registry<IThing>();
  const off = registry.disable('x');
  registry.add({ id: 'x' });
  assert.deepEqual(ids(registry), []);

  off.dispose();

  assert.deepEqual(ids(registry), ['x']);
});

test('an id that two switched off is on when both have taken it back', () => {
  const registry = new Registry<IThing>();
  registry.add({ id: 'x' });
  const [one, other] = [registry.disable('x'), registry.disable('x')];

  one.dispose();
  one.dispose();
  assert.deepEqual(ids(registry), []);
  other.dispose();

  assert.deepEqual(ids(registry), ['x']);
});

test('taking out twice takes out once', () => {
  const registry = new Registry<IThing>();
  const item = { id: 'x' };
  const once = registry.add(item);
  registry.add(item);

  once.dispose();
  once.dispose();

  assert.deepEqual(ids(registry), ['x']);
});

test('each change is told once, when it is there to be seen', () => {
  const registry = new Registry<IThing>();
  const told: string[][] = [];
  registry.changed.connect(sender => told.push(ids(sender)));

  const x = registry.add({ id: 'x' });
  const off = registry.disable('x');
  off.dispose();
  x.dispose();

  assert.deepEqual(told, [['x'], [], ['x'], []]);
});
