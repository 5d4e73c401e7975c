import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { VERSION } from '../src/version';
import type { Health } from '../src/wire/api';
import { explain, explainClose } from '../src/wire/explain';
import { trans } from './words';

function failing(status: number) {
  return {
    health: () => Promise.reject(Object.assign(new Error('failed'), { status }))
  };
}

function healthy(more: Partial<Health>) {
  const health = { ok: true, problems: [], versions: {}, model: {}, ...more } as Health;
  return { health: async () => health };
}

describe('why there is no connection', () => {
  it('is that the extension is missing', async () => {
    assert.match((await explain(failing(404), trans))!, /jupyter server extension list/);
  });

  it('is that the person may not', async () => {
    assert.match((await explain(failing(403), trans))!, /log in again/);
  });

  for (const status of [0, 424, 500, 502, 503]) {
    it(`comes right by itself after ${status}`, async () => {
      assert.equal(await explain(failing(status), trans), null);
    });
  }

  it('is another version', async () => {
    const reason = await explain(healthy({ versions: { jupyter_ai: '2.31.0' } }), trans);

    assert.match(reason!, /2\.31\.0.*Restart the server/);
  });

  it('is not a version that differs in its last number', async () => {
    const server = VERSION.replace(/\d+$/, '999.dev1');

    assert.equal(await explain(healthy({ versions: { jupyter_ai: server } }), trans), null);
  });

  it('is that the chat did not start', async () => {
    const health = healthy({ engine: { state: 'failed' }, problems: ['the disk is full'] });

    assert.match((await explain(health, trans))!, /the disk is full/);
  });

  it('is told for each close code', () => {
    assert.match(explainClose(4404, trans), /deleted/);
    assert.match(explainClose(4403, trans), /not shared/);
    assert.match(explainClose(1234, trans), /1234/);
  });
});

it('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

  assert.equal(VERSION, version);
});
