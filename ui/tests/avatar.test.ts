import assert from 'node:assert/strict';
import { test } from 'node:test';

import { avatarUrl } from '../src/chat/avatar';

const BASE = 'http://hub.example/user/ada/';

test('a route is below the base of the server, with a slash before it or without', () => {
  for (const route of ['api/ai/personas/b/avatar', '/api/ai/personas/b/avatar']) {
    assert.equal(avatarUrl(BASE, route), `${BASE}api/ai/personas/b/avatar`);
  }
});

for (const route of [
  '',
  'https://elsewhere.example/a.png',
  '\\\\elsewhere.example/a.png',
  'http://hub.example/user/bob/api/ai/a.svg',
  '../bob/api/ai/a.svg',
  'javascript:alert(1)',
  'data:image/svg+xml,<svg/>',
  'https://'
]) {
  test(`no picture is fetched from ${JSON.stringify(route)}`, () => {
    assert.equal(avatarUrl(BASE, route), undefined);
  });
}
