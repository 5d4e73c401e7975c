import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { REMEMBERED, Subjects } from '../src/completing/subjects';
import { Suggestion } from '../src/completing/suggestion';
import type { Item } from '../src/completing/wire';
import { STREAMED } from './completing_examples';

const AT = { key: 'a', prefix: 'x', suffix: '' };

function suggested(item: Item): Suggestion {
  return new Suggestion(AT, item);
}

function typed(text: string) {
  return { ...AT, prefix: `x${text}` };
}

function chunk(insertText: string, done = false, title?: string) {
  const error = title === undefined ? null : { type: 'Error', title };
  return { type: 'stream', response: { insertText }, reply_to: 1, done, error } as const;
}

describe('what is left of a suggestion', () => {
  const suggestion = suggested({ insertText: ' = 1' });

  test('is what was not typed yet', () => {
    assert.equal('= 1', suggestion.rest(typed(' ')));
  });

  test('is nothing where something else was typed, removed or written behind the cursor', () => {
    assert.equal(null, suggestion.rest(typed('+')));
    assert.equal(null, suggestion.rest({ ...AT, prefix: '' }));
    assert.equal(null, suggestion.rest({ ...AT, suffix: ')' }));
    assert.equal(null, suggestion.rest({ ...AT, key: 'b' }));
  });

  test('is empty once all was typed', () => {
    assert.equal('', suggestion.rest(typed(' = 1')));
  });

  test('follows the text to filter by, where there is one', () => {
    const other = suggested({ insertText: 'ABC', filterText: 'abc' });

    assert.equal('BC', other.rest(typed('a')));
    assert.equal('bc', other.filterRest(typed('a')));
    assert.equal(null, other.rest(typed('A')));
  });
});

describe('a suggestion that grows', () => {
  test('is followed to its end, without what was typed meanwhile', async () => {
    const suggestion = suggested(STREAMED);
    const seen: string[] = [];
    let now = AT;
    const followed = (async () => {
      for await (const text of suggestion.follow(() => now)) {
        seen.push(text);
      }
    })();
    suggestion.grow(chunk('ab'));
    await Promise.resolve();
    now = typed('a');
    suggestion.grow(chunk('abc', true));
    await followed;

    assert.equal('bc', seen.at(-1));
  });

  test('may be typed ahead of', async () => {
    const suggestion = suggested(STREAMED);
    suggestion.grow(chunk('a'));
    const begun = suggestion.begun(typed('ab'));
    suggestion.grow(chunk('abc'));

    assert.equal(true, await begun);
  });

  test('does not begin where something else comes than was typed', async () => {
    const suggestion = suggested(STREAMED);
    const begun = suggestion.begun(typed('b'));
    suggestion.grow(chunk('a'));

    assert.equal(false, await begun);
  });

  test('is not followed any further where it does not fit', async () => {
    const suggestion = suggested(STREAMED);
    suggestion.grow(chunk('abc'));

    assert.equal(true, (await suggestion.follow(() => typed('b')).next()).done);
  });

  test('tells why it ended too early', () => {
    const suggestion = suggested(STREAMED);
    suggestion.grow(chunk('a', true, 'overloaded'));

    assert.equal('overloaded', suggestion.problem);
  });
});

describe('what one may ask about', () => {
  test('is what was shown last in that editor, and after a minute what was accepted', () => {
    let now = 0;
    const subjects = new Subjects(() => now);
    const [here, there] = [{}, {}];
    subjects.accept(here, suggested({ insertText: ' = 1' }));
    subjects.show(here, suggested({ insertText: ' = 2' }));
    const seen = [subjects.of(here), subjects.of(there)];
    now = REMEMBERED;

    assert.deepEqual(['x = 2', null, 'x = 1'], [...seen, subjects.of(here)]);
  });
});
