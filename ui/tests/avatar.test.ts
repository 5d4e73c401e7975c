import assert from 'node:assert/strict';
import { test } from 'node:test';

import { avatarUrl } from '../src/chat/avatar';

const BASE = 'http://hub.example/user/ada/';

test('the picture of a persona is that of the chat', () => {
  assert.equal(
    avatarUrl(BASE, 'api/ai/personas/b/avatar', 'c 1'),
    `${BASE}api/ai/personas/b/avatar?chat=c+1`
  );
});

test('a route is below the base of the server, with a slash before it or without', () => {
  for (const route of ['api/ai/static/b.svg', '/api/ai/static/b.svg']) {
    assert.equal(avatarUrl(BASE, route, 'c'), `${BASE}api/ai/static/b.svg`);
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
    assert.equal(avatarUrl(BASE, route, 'c'), undefined);
  });
}
