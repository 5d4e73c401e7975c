import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isOwn, withoutForeign } from '../src/reading/foreign_images';

const PAGE = 'https://lab.example:8888/user/ada/lab';

for (const address of [
  'plot.png',
  '/files/plot.png',
  'data:image/png;base64,AA',
  'attachment:a.png'
]) {
  test(`${address} is the page's own`, () => {
    assert.equal(isOwn(address, PAGE), true);
  });
}

for (const address of [
  'https://elsewhere.example/a.png',
  '//elsewhere.example/a.png',
  '\\\\elsewhere.example/a.png',
  ' \thttps://elsewhere.example/a.png',
  'https://lab.example/a.png', // another port
  'https://lab.example:8888@elsewhere.example/a.png',
  'https://['
]) {
  test(`${JSON.stringify(address)} is not`, () => {
    assert.equal(isOwn(address, PAGE), false);
  });
}

test('an image of another host becomes a link', () => {
  const src = 'https://elsewhere.example/?q=secret';

  assert.deepEqual(withoutForeign('img', { src, alt: 'a plot' }, PAGE), {
    tagName: 'a',
    attribs: { class: 'jp-ai-foreign-image', href: src, title: 'a plot' }
  });
});

test('so does a film', () => {
  const src = 'https://elsewhere.example/film.mp4';
  const { tagName, attribs } = withoutForeign('video', { src, autoplay: '' }, PAGE);

  assert.deepEqual([tagName, attribs.href], ['a', src]);
});

test('one of the page stays', () => {
  const found = { tagName: 'img', attribs: { src: 'plot.png', alt: 'a plot' } };

  assert.deepEqual(withoutForeign('img', found.attribs, PAGE), found);
});

test('whatever else would load something loses what it would load', () => {
  const poster = 'https://elsewhere.example/';
  const attribs = { poster, src: 'own.mp4', style: String.raw`background: u\72l(//elsewhere)` };

  assert.deepEqual(withoutForeign('video', attribs, PAGE).attribs, { src: 'own.mp4' });
});

test('a harmless style stays', () => {
  const attribs = { style: 'color: red' };

  assert.deepEqual(withoutForeign('span', attribs, PAGE).attribs, attribs);
});
