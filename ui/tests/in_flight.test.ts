import assert from 'node:assert/strict';
import { test } from 'node:test';

import { IWritten } from '../src/chat/draft';
import { InFlight } from '../src/chat/in_flight';

function written(prompt: string): IWritten {
  return { prompt, attachments: [{ type: 'file', value: `${prompt}.py` }] };
}

function cut(...prompts: string[]): InFlight {
  const inFlight = new InFlight();
  prompts.forEach(prompt => inFlight.send(written(prompt)));
  inFlight.cut();
  return inFlight;
}

test('what was cut is neither on its way nor lost before there is a connection again', () => {
  const inFlight = cut('one');

  assert.equal(inFlight.count, 0);
  assert.deepEqual(inFlight.takeLost(7), []);
});

test('what does not come by the frame that was the last is lost, and only once', () => {
  const inFlight = cut('one', 'two');
  inFlight.resume(9);

  assert.deepEqual(inFlight.takeLost(8), []);
  inFlight.arrive('one');
  assert.deepEqual(inFlight.takeLost(9), [written('two')]);
  assert.deepEqual(inFlight.takeLost(10), []);
});

test('what is sent over the next connection is not lost with the last one', () => {
  const inFlight = cut('one');
  inFlight.resume(9);
  inFlight.send(written('two'));

  assert.deepEqual(inFlight.takeLost(9), [written('one')]);
  assert.equal(inFlight.count, 1);
});

test('a message that nobody knows ends a wait, as a server may mend what it is sent', () => {
  const inFlight = new InFlight();
  inFlight.send(written('one'));

  inFlight.arrive('One');

  assert.equal(inFlight.count, 0);
});
