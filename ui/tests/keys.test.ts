import assert from 'node:assert/strict';
import { test } from 'node:test';

import { enterSends, escapeAction } from '../src/writing/keys';

test('Escape closes the menu first, then cancels an edit, then stops, then does nothing', () => {
  const situation = { isMenuOpen: true, isEditing: true, isBusy: true };
  assert.equal(escapeAction(situation), 'close-menu');

  situation.isMenuOpen = false;
  assert.equal(escapeAction(situation), 'cancel-edit');

  situation.isEditing = false;
  assert.equal(escapeAction(situation), 'stop');

  situation.isBusy = false;
  assert.equal(escapeAction(situation), null);
});

test('one of Enter and Shift+Enter sends', () => {
  assert.ok(enterSends(false, false));
  assert.ok(!enterSends(true, false));
  assert.ok(enterSends(true, true));
  assert.ok(!enterSends(false, true));
});
