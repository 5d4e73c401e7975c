import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Attachment } from 'jupyter-ai-tokens';

import { Draft } from '../src/chat/draft';

const FILE: Attachment = { type: 'file', value: 'a.py' };
const OTHER: Attachment = { type: 'file', value: 'b.py' };

/** A browser's, which has room for so many characters of one value. */
class Kept {
  constructor(private readonly _room = 1000) {}

  getItem = (key: string) => this._values.get(key) ?? null;
  removeItem = (key: string) => void this._values.delete(key);
  setItem = (key: string, value: string) => {
    if (value.length > this._room) {
      throw new Error('too long');
    }
    this._values.set(key, value);
  };

  private readonly _values = new Map<string, string>();
}

function draft(storage = new Kept()): Draft {
  return new Draft({ storage, keys: { prompt: 'p', attachments: 'a' } });
}

test('a prompt and its attachments survive a reload', () => {
  const storage = new Kept();
  const before = draft(storage);
  before.prompt = 'look';
  before.attach(FILE);

  assert.deepEqual(draft(storage).written, { prompt: 'look', attachments: [FILE] });
});

test('what is cleared does not come back', () => {
  const storage = new Kept();
  const before = draft(storage);
  before.put({ prompt: 'look', attachments: [FILE] });
  before.clear();

  assert.ok(draft(storage).isEmpty);
});

test('a prompt that is too long for the browser is there until the page goes', () => {
  const storage = new Kept(5);
  const before = draft(storage);
  before.prompt = 'short';
  before.prompt = 'too long';

  assert.equal(before.prompt, 'too long');
  assert.equal(draft(storage).prompt, '');
});

test('what is given back comes before what is there', () => {
  const written = draft();
  written.put({ prompt: 'and', attachments: [OTHER, FILE] });

  written.putBefore([{ prompt: 'look', attachments: [FILE] }]);

  assert.deepEqual(written.written, { prompt: 'look\n\nand', attachments: [FILE, OTHER] });
});

test('a prompt takes twenty attachments', () => {
  const written = draft();
  const taken = Array.from({ length: 21 }, (_, i) =>
    written.attach({ type: 'file', value: `${i}.py` })
  );

  assert.deepEqual([taken.indexOf(false), written.attachments.length], [20, 20]);
});

test('one is detached, and told', () => {
  const written = draft();
  written.put({ prompt: '', attachments: [FILE, OTHER] });
  let told = 0;
  written.attachmentsChanged.connect(() => told++);

  written.detach(FILE);

  assert.deepEqual([written.attachments, told], [[OTHER], 1]);
});
