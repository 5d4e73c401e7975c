import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pauseAfter } from '../src/reading/pace';

function share(cost: number): number {
  return cost / (cost + pauseAfter(cost));
}

test('what costs nothing is looked at about ten times a second', () => {
  assert.equal(pauseAfter(0), 80);
});

test('looking takes a fifth of the time at most', () => {
  const shares = [1, 30, 100, 500, 5000].map(share);

  assert.ok(Math.max(...shares) <= 0.2);
});

test('what blocks the page for long takes a smaller share', () => {
  assert.ok(share(150) < 0.08);
});

test('a reader waits for more of a long block for three seconds at most', () => {
  assert.equal(pauseAfter(300), 3000);
});
