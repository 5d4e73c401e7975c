import assert from 'node:assert/strict';
import { test } from 'node:test';

import { endOfFirstLine, isOnFirstLine, isOnLastLine, Recall } from '../src/writing/recall';

/** Go back from nothing, `times` times; the last that was brought back. */
function back(recall: Recall, times: number): string {
  let text = '';
  for (let i = 0; i < times; i++) {
    text = recall.back(text) ?? text;
  }
  return text;
}

test('prompts come back one by one, the last one first', () => {
  const recall = new Recall(() => ['one', 'two', 'three']);

  assert.equal(back(recall, 1), 'three');
  assert.equal(back(recall, 3), 'one');
});

test('before the first one there is none, and it stays', () => {
  const recall = new Recall(() => ['one']);

  assert.equal(recall.back('one'), 'one');
  assert.equal(recall.back('one'), null);
  assert.ok(recall.isShown('one'));
});

test('without prompts nothing comes back', () => {
  assert.equal(new Recall(() => []).back(''), null);
});

test('forward ends at what was typed', () => {
  const recall = new Recall(() => ['one', 'two']);
  back(recall, 2);

  assert.equal(recall.forward('one'), 'two');
  assert.equal(recall.forward('two'), '');
  assert.equal(recall.forward(''), null);
});

test('forward does nothing if nothing was brought back', () => {
  assert.equal(new Recall(() => ['one']).forward('one'), null);
});

test('what was changed is what is typed', () => {
  const recall = new Recall(() => ['one', 'two']);
  back(recall, 1);

  assert.equal(recall.isShown('two!'), false);
  assert.equal(recall.forward('two!'), null);
  assert.equal(recall.back('two!'), 'two');
  assert.equal(recall.forward('two'), 'two!');
});

test('the same prompt twice in a row comes back once', () => {
  const recall = new Recall(() => ['one', 'two', 'two']);

  assert.equal(back(recall, 2), 'one');
});

test('what is sent meanwhile does not shift them', () => {
  const prompts = ['one', 'two'];
  const recall = new Recall(() => [...prompts]);
  back(recall, 1);
  prompts.push('three');

  assert.equal(recall.back('two'), 'one');
});

test('the next time begins at the newest', () => {
  const prompts = ['one'];
  const recall = new Recall(() => [...prompts]);
  back(recall, 1);
  prompts.push('two');

  assert.equal(recall.back(''), 'two');
});

test('arrows have lines to go to, or not', () => {
  const text = 'a\nb\nc';

  assert.deepEqual(
    [0, 1, 2, 5].map(cursor => [isOnFirstLine(text, cursor), isOnLastLine(text, cursor)]),
    [
      [true, false],
      [true, false],
      [false, false],
      [false, true]
    ]
  );
  assert.equal(endOfFirstLine(text), 1);
  assert.equal(endOfFirstLine('abc'), 3);
});
