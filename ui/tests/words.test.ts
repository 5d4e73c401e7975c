import assert from 'node:assert/strict';
import { test } from 'node:test';

import { asWord, wordAt } from '../src/writing/word';

test('the word is what is around the cursor, between white space', () => {
  assert.deepEqual(wordAt('ask @file:a b', 7), {
    start: 4,
    end: 11,
    text: '@file:a',
    isStart: false
  });
});

test('a space after a backslash belongs to the word', () => {
  assert.equal(wordAt('@file:my\\ file.txt x', 3).text, '@file:my\\ file.txt');
  assert.equal(wordAt('@file:my\\ file.txt x', 14).text, '@file:my\\ file.txt');
});

test('between two gaps there is no word', () => {
  assert.equal(wordAt('a  b', 2).text, '');
  assert.equal(wordAt('', 0).text, '');
});

test('a word is the first with nothing but white space before it', () => {
  assert.ok(wordAt(' \n/he', 5).isStart);
  assert.ok(!wordAt('a /he', 5).isStart);
});

test('a path is one word', () => {
  assert.equal(asWord('my file.txt'), 'my\\ file.txt');
  assert.equal(wordAt(asWord('a b\tc'), 0).text.length, 7);
});
