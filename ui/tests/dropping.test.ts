import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Drops } from '../src/writing/dropping';

function take(type: string, types: string[]) {
  const told: string[] = [];
  const event = Object.assign(new Event(type, { cancelable: true }), { dataTransfer: { types } });
  const drops = new Drops({ attach: () => told.push('attach'), refuse: () => told.push('refuse') });
  return { taken: drops.take(event), prevented: event.defaultPrevented, told };
}

test('a file of the desktop does not take the place of the page, and is refused once', () => {
  assert.deepEqual(take('dragover', ['Files']), { taken: true, prevented: true, told: [] });
  assert.deepEqual(take('drop', ['Files']), { taken: true, prevented: true, told: ['refuse'] });
});

test('text is dropped where it is dropped', () => {
  assert.deepEqual(take('drop', ['text/plain']), { taken: false, prevented: false, told: [] });
});
