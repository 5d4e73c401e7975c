import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { IChatMessage } from 'jupyter-ai-tokens';

import { kindOf, splitCode, suggestName, toMarkdown, toNotebook } from '../src/panel/export';
import { trans } from './words';

const TIME = Date.UTC(2026, 10, 21, 12, 30) / 1000;

function human(body: string): IChatMessage {
  return {
    id: 'h',
    type: 'human',
    body,
    prompt: body,
    time: TIME,
    complete: true,
    replyTo: '',
    sender: 'Ada',
    metadata: {}
  };
}

function reply(body: string, more: Partial<IChatMessage> = {}): IChatMessage {
  return {
    id: 'a',
    type: 'agent',
    body,
    time: TIME,
    complete: true,
    replyTo: 'h',
    persona: { name: 'Jupyternaut', avatar_route: '' },
    metadata: {},
    ...more
  };
}

function cells(...messages: IChatMessage[]): [string, string][] {
  const { cells } = toNotebook({ title: 'Whales', messages }, trans);
  return cells.slice(1).map(cell => [cell.cell_type, cell.source]);
}

const HEAD = '**Jupyternaut** · 2026-11-21 12:30 UTC';

describe('Markdown', () => {
  it('has the title, who spoke, when, and what was said', () => {
    const text = toMarkdown({ title: 'Whales', messages: [human('Why?'), reply('*So.*')] }, trans);

    assert.equal(
      text,
      '# Whales\n\n---\n\n**Ada** · 2026-11-21 12:30 UTC\n\nWhy?\n\n---\n\n' + `${HEAD}\n\n*So.*\n`
    );
  });

  it('shows a title as text', () => {
    const text = toMarkdown({ title: '<img src=x onerror=alert(1)>\n# b', messages: [] }, trans);

    assert.equal(text, '# \\<img src=x onerror=alert(1)\\> \\# b\n');
  });

  it('closes a fence that a message leaves open', () => {
    const text = toMarkdown({ title: 'T', messages: [reply('~~~~\nx'), human('y')] }, trans);

    assert.match(text, /~~~~\nx\n~~~~\n\n---/);
  });

  it('says that a reply was stopped, without the words of the wire', () => {
    const body = 'It is (AI response stopped by user)';
    const text = toMarkdown(
      { title: 'T', messages: [reply(body, { metadata: { stopped: true } })] },
      trans
    );

    assert.ok(text.endsWith('It is\n\n*Stopped*\n'));
  });

  it('says that a reply is not finished', () => {
    const text = toMarkdown({ title: 'T', messages: [reply('It', { complete: false })] }, trans);

    assert.ok(text.endsWith('It\n\n*Not finished*\n'));
  });
});

describe('a notebook', () => {
  it('is of format 4.5, each cell with an id of its own', () => {
    const messages = [human('a'), reply('b\n```python\nc\n```\nd')];
    const notebook = toNotebook({ title: 'T', messages }, trans);

    assert.deepEqual([notebook.nbformat, notebook.nbformat_minor], [4, 5]);
    const ids = notebook.cells.map(cell => cell.id);
    assert.equal(new Set(ids).size, 5);
    assert.ok(ids.every(id => /^[a-zA-Z0-9-_]{1,64}$/.test(id)));
  });

  it('has the Python of answers as code that was not run', () => {
    const notebook = toNotebook({ title: 'T', messages: [reply('```py\n1 + 1\n```')] }, trans);

    const { id, ...code } = notebook.cells[2];
    assert.ok(id);
    assert.deepEqual(code, {
      cell_type: 'code',
      metadata: {},
      source: '1 + 1',
      execution_count: null,
      outputs: []
    });
  });

  it('keeps what is between the code', () => {
    assert.deepEqual(cells(reply('First:\n\n```python\na\n```\n\nthen\n\n```\nb\n```\n')), [
      ['markdown', `${HEAD}\n\nFirst:`],
      ['code', 'a'],
      ['markdown', 'then\n\n```\nb\n```']
    ]);
  });

  it('does not take code out of what a person wrote', () => {
    const [[type, source]] = cells(human('see\n\n```python\na\n```'));

    assert.equal(type, 'markdown');
    assert.ok(source.endsWith('see\n\n```python\na\n```'));
  });

  it('has an empty answer as its heading', () => {
    assert.deepEqual(cells(reply('')), [['markdown', HEAD]]);
  });
});

describe('splitCode', () => {
  const code = (text: string) =>
    splitCode(text)
      .filter(part => part.type === 'code')
      .map(part => part.source);

  for (const language of [
    'python',
    'Python',
    'py',
    'python3',
    'ipython',
    '{python}',
    'python x=1'
  ]) {
    it(`takes ${language}`, () => {
      assert.deepEqual(code('```' + `${language}\na\n` + '```'), ['a']);
    });
  }

  for (const language of ['', 'pycon', 'js', 'markdown', 'python-repl']) {
    it(`leaves ${language || 'what has no language'}`, () => {
      assert.deepEqual(code('```' + `${language}\na\n` + '```'), []);
    });
  }

  it('leaves Python in a block of another kind', () => {
    const text = '````markdown\n```python\na\n```\n````\n';

    assert.deepEqual(splitCode(text), [{ type: 'markdown', source: text.trim() }]);
  });

  it('takes a block that is left open to its end', () => {
    assert.deepEqual(code('```python\na\n\nb'), ['a\n\nb']);
  });

  it('closes a block only with as many marks of its kind', () => {
    assert.deepEqual(code('~~~~python\n```\n~~~\na\n~~~~'), ['```\n~~~\na']);
  });

  it("takes a block's own indent off", () => {
    assert.deepEqual(code('  ```python\n  if a:\n      b\n  ```'), ['if a:\n    b']);
  });

  it('reads the line ends of Windows', () => {
    assert.deepEqual(code('```python\r\na\r\n```\r\n'), ['a']);
  });

  it('drops an empty block', () => {
    assert.deepEqual(splitCode('```python\n\n```'), []);
  });

  it('loses no line of a text without code', () => {
    const text = 'a `b` ```c``` d\n\n- e\n\n      ```python\n      f';

    assert.deepEqual(splitCode(text), [{ type: 'markdown', source: text }]);
  });
});

describe('a name', () => {
  it('says the kind of the file', () => {
    assert.deepEqual(['a.md', 'a.MARKDOWN', 'b/c.ipynb', 'a.txt', 'md'].map(kindOf), [
      'markdown',
      'markdown',
      'notebook',
      null,
      null
    ]);
  });

  const names: [string, string][] = [
    ['Whales', 'Whales.md'],
    ['', 'chat.md'],
    ['../../etc/passwd', 'etc passwd.md'],
    ['a/b\\c:d*e?"f<g>h|i', 'a b c d e f g h i.md'],
    [' .hidden. ', 'hidden.md'],
    ['two\nlines\u0000', 'two lines.md'],
    ['🐋'.repeat(80), `${'🐋'.repeat(60)}.md`]
  ];
  for (const [title, name] of names) {
    it(`is made of ${JSON.stringify(title.slice(0, 20))}`, () => {
      assert.equal(suggestName(title), name);
    });
  }
});
