import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Window } from '../src/chat/window';

function messages(count: number): { id: string }[] {
  return Array.from({ length: count }, (_, i) => ({ id: String(i) }));
}

function ids(shown: readonly { id: string }[]): string {
  return shown.map(({ id }) => id).join(' ');
}

test('of a long chat the newest messages are shown', () => {
  const window = new Window(3);

  assert.equal(ids(window.of(messages(5))), '2 3 4');
  assert.equal(window.hidden, 2);
});

test('what comes pushes nothing out', () => {
  const window = new Window(3);
  window.of(messages(5));

  assert.equal(ids(window.of(messages(7))), '2 3 4 5 6');
});

test('earlier ones are shown when they are asked for', () => {
  const window = new Window(3);
  window.of(messages(8));
  window.more(messages(8));

  assert.equal(ids(window.of(messages(8))), '2 3 4 5 6 7');
  window.more(messages(8));
  assert.equal(ids(window.of(messages(8))), '0 1 2 3 4 5 6 7');
  assert.equal(window.hidden, 0);
});

test('once the first that was shown is deleted, the newest are shown', () => {
  const window = new Window(3);
  window.of(messages(5));

  assert.equal(ids(window.of(messages(8).slice(3))), '5 6 7');
});

test('an empty chat shows all that comes', () => {
  const window = new Window(3);
  window.of([]);
  window.of(messages(1));

  assert.equal(ids(window.of(messages(5))), '0 1 2 3 4');
});
