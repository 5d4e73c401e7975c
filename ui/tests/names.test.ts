import assert from 'node:assert/strict';
import { test } from 'node:test';

import { titleOf } from '../src/panel/names';
import { trans } from './words';

test('a chat without a title is a new one', () => {
  assert.equal(titleOf({ title: '' }, trans), 'New chat');
});

test('a title that cannot be seen is none', () => {
  assert.equal(titleOf({ title: ' \u200b\u2060\ufeff\u202e' }, trans), 'New chat');
});

test('a title keeps its letters, whichever way they run', () => {
  assert.equal(titleOf({ title: '\u05e9\u05dc\u05d5\u05dd 👩‍🔬' }, trans), 'שלום 👩‍🔬');
});

test('a title does not turn the words around it', () => {
  assert.equal(titleOf({ title: 'a \u202egnp.exe' }, trans), 'a gnp.exe');
});
