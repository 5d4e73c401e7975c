import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Draft } from '../src/chat/draft';
import { asAttachment, attach } from '../src/writing/attaching';
import { withIndexes } from '../src/writing/cells';
import { trans } from './words';

const DRIVES = {
  driveName: (path: string) => (path.includes(':') ? path.split(':')[0] : ''),
  localPath: (path: string) => path.split(':').at(-1)!
};
const KEYS = { prompt: 'p', attachments: 'a' };
const STORAGE = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };

function attached(...paths: string[]) {
  const session = { writing: new Draft({ storage: STORAGE, keys: KEYS }), notice: null };
  attach(session, paths.map(asAttachment), DRIVES, trans);
  return { notice: session.notice, values: session.writing.attachments.map(({ value }) => value) };
}

test('all that are too many are named', () => {
  const { notice, values } = attached(...Array.from({ length: 22 }, (_, i) => `${i}.py`));

  assert.equal(values.length, 20);
  assert.equal(notice, 'A prompt takes 20 attachments. Not attached: 20.py, 21.py.');
});

test('files of another place are named, and the others are attached', () => {
  const { notice, values } = attached('RTC:a.py', 'S3:b.py', 'c.py');

  assert.deepEqual(values, ['a.py', 'c.py']);
  assert.equal(notice, 'Not attached, as not among the files of the server: S3:b.py.');
});

test('what is taken is told by nobody', () => {
  assert.equal(attached('a.py').notice, null);
});

test('cells of a notebook that is open tell where they stand now', () => {
  const cell = (id: string, index?: number) => ({ id, input_type: 'code' as const, index });
  const attachment = (...cells: ReturnType<typeof cell>[]) =>
    ({ type: 'notebook', value: 'work.ipynb', cells }) as const;
  const open = { path: 'work.ipynb', cells: ['a', 'b'] };

  const placed = withIndexes(
    [attachment(cell('b', 0), cell('gone', 7)), asAttachment('b.py')],
    [open]
  );

  assert.deepEqual(placed, [attachment(cell('b', 1), cell('gone', 7)), asAttachment('b.py')]);
});
