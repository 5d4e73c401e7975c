import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { marked } from 'marked';

import { BlockSplitter } from '../src/reading/blocks';

const CORPUS: Record<string, string> = {
  paragraphs: 'One\nline.\n\nTwo **bold\n\nThree* lines\n\n\n\nend',
  headings: '# A\ntext\n## B\n\nSetext\n===\nSecond\n---\n\nThird\n- - -\nend\n',
  'a list whose items are apart':
    '1. one\n\n2. two\n\n   still two\n\n3. three\n\nafter\n\n- a\n\n- b\n\n* c\n',
  'nested lists': '- a\n  - b\n    1. c\n\n       d\n    2. e\n\n  - f\n- g\n\ntext\n',
  'a fence in a list': '- a\n\n  ```py\n  x = 1\n\n  y = 2\n  ```\n\n- b\n\nend\n',
  fences:
    'a\n```py\nx = 1\n\n# no heading\n``` no end\n```\nb\n\n~~~\n```\n~~~\n\n````\n```\n````\nend',
  'a fence that nobody closes': 'text\n\n```js\nlet x;\n\nlet y;\n',
  'indented code': 'a\n\n    code\n\n    more\n\nb\n',
  tables: 'a\n| x | y |\n|---|---|\n| 1 | 2 |\n\nb\n\nc\n| x | y |\n|---|--x\nend\n',
  quotes: '> a\nlazy\n\n> b\n>\n> - c\n>\n> d\n\nend',
  details:
    '<details>\n<summary>More</summary>\n\nHidden *text*\n\n<div>\n\n- a\n\n</div>\n\n</details>\n\nafter\n\n<br>\n\nend\n',
  'a comment': 'a\n\n<!-- <div> -->\n\nb\n\nc\n',
  mathematics:
    'a\n\n$$\nx = a\n+ b\n- c\n$$\n\n\\begin{align}\na\n- b\n\\end{align}\n\nIt costs $$ here.\n\n- a\n\nend\n',
  'letters of two units': '😀\n\n- 😀 a\n- b 😀\n\n```\n😀\n```\n\n😀',
  'white space alone': '\n\n  \n',
  nothing: ''
};

/** What was settled, when the text came in pieces of this length. */
function settle(text: string, length: number): { blocks: string[]; tails: string[] } {
  const splitter = new BlockSplitter();
  const blocks: string[] = [];
  const tails: string[] = [];
  for (let end = 0; end < text.length; end += length) {
    const { settled, tail } = splitter.look(text.slice(0, end), false);
    blocks.push(...settled);
    tails.push(tail);
    assert.equal(blocks.join('') + tail, text.slice(0, end), `after ${end}`);
    assert.equal(blocks.join('').length, splitter.settledLength);
  }
  const { settled, tail } = splitter.look(text, true);
  assert.equal(tail, '');
  return { blocks: [...blocks, ...settled], tails };
}

function html(text: string): string {
  return marked.parse(text, { async: false }).replace(/\s+/g, ' ').trim();
}

for (const [name, unix] of Object.entries(CORPUS)) {
  for (const [ends, text] of Object.entries({ LF: unix, CRLF: unix.replaceAll('\n', '\r\n') })) {
    describe(`${name}, ${ends}`, () => {
      const { blocks: whole } = settle(text, Math.max(1, text.length));

      test('joined, the blocks are the text', () => {
        assert.equal(whole.join(''), text.trim() ? text : '');
      });

      test('the blocks are the same, wherever the text was cut', () => {
        for (const length of [1, 2, 3, 5, 8]) {
          assert.deepEqual(settle(text, length).blocks, whole, `in pieces of ${length}`);
        }
      });

      test('block by block it reads as the whole does', () => {
        assert.equal(whole.map(html).join(' ').trim(), html(text));
      });
    });
  }
}

test('a formula is not cut, though its lines look like lists', () => {
  const formulas = ['$$\nx = a\n+ b\n- c\n$$\n\n', '\\begin{align}\na\n- b\n\\end{align}\n\n'];

  const { blocks } = settle(formulas.join(''), 1);

  assert.deepEqual(blocks, formulas);
});

test('text that comes after a block settles it at its first letter', () => {
  const splitter = new BlockSplitter();
  const list = '- a\n- b\n\n';
  assert.deepEqual(splitter.look(list, false).settled, []);

  const { settled, tail } = splitter.look(list + 'T', false);

  assert.deepEqual(settled, [list]);
  assert.equal(tail, 'T');
});

test('the code of an open fence is told, and that of a closed one is not', () => {
  const code = (text: string) => new BlockSplitter().look(text, false).code;

  assert.equal(code('```py'), null);
  assert.equal(code('```py\n'), '');
  assert.equal(code('a\n\n```py\nx\n\ny'), 'x\n\ny');
  assert.equal(code('```py\nx\n``'), 'x\n``');
  assert.equal(code('```py\nx\n```'), null);
  assert.equal(code('```py\nx\n``` y\n'), 'x\n``` y\n');
  assert.equal(code('````\n```\n'), '```\n');
  assert.equal(code('```py\r\nx\r\ny'), 'x\ny');
  assert.equal(code('```py\r\nx\r\n```\r\n'), null);
  assert.equal(code('text'), null);
});

test('a text that begins anew is looked at from its beginning', () => {
  const splitter = new BlockSplitter();
  splitter.look('a\n\nb\n\nc', false);

  splitter.reset();

  assert.deepEqual(splitter.look('d', true).settled, ['d']);
});

test('what an answer of 100 KB leaves unsettled stays short', () => {
  const piece =
    'Some words of a paragraph.\n\n- a\n- b\n\n```py\nx = 1\n```\n\n| a |\n|---|\n| 1 |\n\n';
  for (const text of [piece.repeat(1000), piece.replaceAll('\n', '\r\n').repeat(1000)]) {
    const longest = Math.max(...settle(text, 97).tails.map(tail => tail.length));

    assert.ok(longest < 200, `${longest}`);
  }
});
