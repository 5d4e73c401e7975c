import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Attachment } from 'jupyter-ai-tokens';

import { nameOf, parseAttachments, withAttachment } from '../src/chat/attachments';
import { trans } from './words';

const FILE: Attachment = { type: 'file', value: 'src/a.py' };

function cells(...ids: string[]): Attachment {
  const found = ids.map(id => ({ id, input_type: 'code' as const }));
  return { type: 'notebook', value: 'work.ipynb', cells: found };
}

test('what is attached twice is there once', () => {
  assert.deepEqual(withAttachment([FILE], { ...FILE }), [FILE]);
});

test('cells of one notebook are one attachment, each cell once', () => {
  const one = withAttachment([FILE, cells('a', 'b')], cells('b', 'c'));

  assert.deepEqual(one, [FILE, cells('a', 'b', 'c')]);
});

test('a notebook and cells of it are two', () => {
  const whole: Attachment = { type: 'file', value: 'work.ipynb' };

  assert.deepEqual(withAttachment([whole], cells('a')), [whole, cells('a')]);
});

test('a name tells the file, and how many cells', () => {
  const names = [FILE, cells('a'), cells('a', 'b')].map(one => nameOf(one, trans));

  assert.deepEqual(names, ['a.py', '1 cell of work.ipynb', '2 cells of work.ipynb']);
});

test('what is kept comes back, and what is none does not', () => {
  assert.deepEqual(parseAttachments(JSON.stringify([FILE, { type: 'x' }, null])), [FILE]);
  assert.deepEqual(parseAttachments('{"not": "a list"}'), []);
  assert.deepEqual(parseAttachments('no JSON'), []);
  assert.deepEqual(parseAttachments(null), []);
});
