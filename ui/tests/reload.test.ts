import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { IReloaded, told } from '../src/writing/reload';

const trans = {
  __: (text: string, ...parts: unknown[]) => text.replace(/%(\d)/g, (_, n) => String(parts[n - 1]))
};

const PLUGIN = { name: 'shout', slash_id: 'loud', distribution: 'acme' };
const NOTHING: IReloaded = { added: [], removed: [], edited: [], failed: [], restart: [] };

describe('what is said of a reload', () => {
  test('nothing has changed', () => {
    const expected = { text: 'No plug-in of the chat has changed.', isWell: true };

    assert.deepEqual(expected, told(NOTHING, trans));
  });

  test('commands are named as they are typed', () => {
    const other = { name: 'provider', slash_id: null, distribution: 'acme' };

    assert.equal(
      'Added: /loud, provider',
      told({ ...NOTHING, added: [PLUGIN, other] }, trans).text
    );
  });

  test('what failed is told with its place, and is not added', () => {
    const failure = { ...PLUGIN, reason: 'it lacks x', trouble: null, where: 'a.py:1' };
    const expected = { text: '/loud failed: it lacks x (a.py:1)', isWell: false };

    assert.deepEqual(expected, told({ ...NOTHING, added: [PLUGIN], failed: [failure] }, trans));
  });

  test('a restart is asked for', () => {
    const { text, isWell } = told({ ...NOTHING, restart: ['acme is 2.0 now'] }, trans);

    assert.equal('Restart the server: acme is 2.0 now.', text);
    assert.equal(false, isWell);
  });
});
