import assert from 'node:assert/strict';
import { test } from 'node:test';

import { wordAt } from '../src/writing/word';

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

test('spaces between quotes belong to the argument of a command', () => {
  const text = `see @file:"my file.txt" and @file:'b c`;

  assert.equal(wordAt(text, 15).text, '@file:"my file.txt"');
  assert.equal(wordAt(text, text.length).text, "@file:'b c");
});

test('other quotes are no bounds, and an open one ends with its line', () => {
  assert.equal(wordAt('say "hello you"', 9).text, '"hello');
  assert.equal(wordAt('@file:"a b\nc d', 12).text, 'c');
});

test('between two words the cursor is at the one that it touches', () => {
  assert.deepEqual(
    [2, 3].map(cursor => wordAt('ab cd', cursor).text),
    ['ab', 'cd']
  );
});
