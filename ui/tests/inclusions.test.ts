import assert from 'node:assert/strict';
import { test } from 'node:test';

import { IChatMessage } from 'jupyter-ai-tokens';

import { details, IInclusion, inclusionsOf, summary } from '../src/reading/inclusions';
import { trans } from './words';

function one(name: string, more: Partial<IInclusion> = {}): IInclusion {
  const sizes = { characters: 1234, tokens: 400, left_out: 0 };
  return { name, kind: 'text', ...sizes, reason: null, ...more };
}

const MISSING = one('big.csv', { characters: 0, reason: 'there is no room for it' });

test('one line tells what was read and what was left out', () => {
  assert.equal(
    summary([one('data.py#L10-40'), MISSING], trans),
    'Read: data.py lines 10–40 (1.2K characters) · Left out: big.csv'
  );
});

test('an image has no characters, and one line is one', () => {
  const image = one('plot.png', { kind: 'image', characters: 0 });

  assert.equal(
    summary([image, one('a.py#L3')], trans),
    'Read: plot.png (image), a.py line 3 (1.2K characters)'
  );
});

test('of many, three are named', () => {
  const many = ['a', 'b', 'c', 'd', 'e'].map(name => ({ ...MISSING, name }));

  assert.equal(summary(many, trans), 'Left out: a, b, c and 2 more');
});

test('the list tells why, and of what was cut how much is missing', () => {
  const cut = one('log.txt', { left_out: 5000, reason: 'there is no room for it' });

  assert.deepEqual(
    [MISSING, cut].map(inclusion => details(inclusion, trans)),
    [
      'big.csv: left out, there is no room for it',
      'log.txt (1.2K characters): 5K more were left out, there is no room for it'
    ]
  );
});

test('a name with a hostile tail stays as it is', () => {
  assert.equal(summary([one('#L1<b>"%1"')], trans), 'Read: #L1<b>"%1" (1.2K characters)');
});

test('metadata without a list includes nothing', () => {
  const found = [{}, { context: null }, { context: { included: 'x' } }, { context: {} }].map(
    metadata => inclusionsOf({ metadata } as unknown as IChatMessage)
  );

  assert.deepEqual(found, [[], [], [], []]);
});
