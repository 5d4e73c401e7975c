import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { around, endsLine } from '../src/completing/cursor';
import { editDistance, moved } from '../src/completing/edits';
import { languageName, languageNamed, languageTitle } from '../src/completing/languages';
import { linesOf } from '../src/completing/model_lines';
import { Preferences } from '../src/completing/preferences';
import { tellState } from '../src/completing/told';
import type { Model, ProviderStatus, Status } from '../src/completing/wire';
import { writingIn } from '../src/completing/writing';
import { STATUS } from './completing_examples';
import { trans } from './words';

describe('the text around a cursor', () => {
  const long = 'a line of text\n'.repeat(20_000);

  test('is all of a short document', () => {
    assert.deepEqual({ prefix: 'ab', suffix: 'c' }, around('abc', 2));
  });

  test('of a long one begins and ends at the ends of lines', () => {
    const { prefix, suffix } = around(long, 150_000);

    assert.ok(prefix.startsWith('a line') && prefix.length <= 100_000);
    assert.ok(suffix.endsWith('text') && suffix.length <= 20_000);
  });

  test('keeps its beginning and what follows while one types', () => {
    const before = around(long, 150_000);
    const after = around(`${long.slice(0, 150_000)}x${long.slice(150_000)}`, 150_001);

    assert.equal(`${before.prefix}x`, after.prefix);
    assert.equal(before.suffix, after.suffix);
  });

  test('ends a line where only brackets close', () => {
    assert.deepEqual([true, true, true, false], ['', '\nmore', ')]\nmore', ' more'].map(endsLine));
  });
});

test('languages are called as elsewhere, not as in JupyterLab', () => {
  assert.deepEqual(
    ['python', 'python', 'markdown', 'text', 'text'],
    ['ipython', 'Python', 'ipythongfm', 'none', undefined].map(languageName)
  );
});

describe('a language', () => {
  const known = [
    { name: 'C++', displayName: 'C++', mime: 'text/x-c++src', extensions: ['cpp'] },
    { name: 'Shell', displayName: 'Shell', mime: 'text/x-sh', alias: ['bash'] },
    { name: 'ipythongfm', displayName: 'Markdown of Jupyter', mime: 'text/x-ipythongfm' }
  ];
  const languages = {
    getLanguages: () => known,
    findByName: (wanted: string) =>
      known.find(({ name, alias }) => [name, ...(alias ?? [])].some(same(wanted))) ?? null,
    findByExtension: (ending: string | readonly string[]) =>
      known.find(({ extensions }) => extensions?.includes(String(ending))) ?? null
  };

  function same(wanted: string) {
    return (name: string) => name.toLowerCase() === wanted;
  }

  test('is known by the names that people use', () => {
    const names = [
      'C++',
      'cpp',
      ' bash ',
      'markdown of jupyter',
      'Plain Text',
      'ipython',
      'Klingon'
    ];

    assert.deepEqual(
      ['c++', 'c++', 'shell', 'markdown', 'text', 'python', 'klingon'],
      names.map(name => languageNamed(name, languages))
    );
  });

  test('is off by any of them', () => {
    const preferences = new Preferences(null, name => languageNamed(name, languages));
    preferences.configure({ disabledLanguages: ['bash', ' CPP '] });

    assert.deepEqual(
      [false, false, true],
      ['shell', 'c++', 'text'].map(name => preferences.isOn(name))
    );
  });

  test('is called as people do', () => {
    assert.deepEqual(
      ['C++', 'Plain Text', 'klingon'],
      ['c++', 'text', 'klingon'].map(name => languageTitle(name, languages, trans))
    );
  });
});

test('a console is known by its prompt, and one has nothing of another', () => {
  const cellIds = ['one', 'two'].map(id => {
    const promptCell = { editor: { model: { mimeType: '' } }, model: { id, type: 'code' } };
    return writingIn({ console: { promptCell } } as never, { findByMIME: () => null })?.cellId;
  });

  assert.deepEqual(['one', 'two'], cellIds);
});

describe('an accepted range', () => {
  const range = { start: 4, end: 8 };

  for (const [name, delta, expected] of [
    ['moves behind what is inserted before it', [{ insert: 'ab' }], { start: 6, end: 10 }],
    ['grows by what is inserted in it', [{ retain: 5 }, { insert: 'ab' }], { start: 4, end: 10 }],
    ['leaves out what follows it', [{ retain: 8 }, { insert: 'ab' }], range],
    [
      'leaves out what is put right before it',
      [{ retain: 4 }, { insert: 'a' }],
      { start: 5, end: 9 }
    ],
    ['shrinks', [{ retain: 6 }, { delete: 10 }], { start: 4, end: 6 }],
    ['moves back', [{ retain: 1 }, { delete: 2 }], { start: 2, end: 6 }],
    ['is empty once it was removed', [{ retain: 2 }, { delete: 9 }], { start: 2, end: 2 }]
  ] as const) {
    test(name, () => assert.deepEqual(expected, moved(range, delta)));
  }
});

test('the edit distance counts what was inserted, removed and changed', () => {
  for (const [one, other, expected] of [
    ['same', 'same', 0],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['aab', 'ab', 1]
  ] as const) {
    assert.equal(expected, editDistance(one, other));
  }
});

describe('the state of completions', () => {
  const on = {
    status: STATUS as Status | null,
    isLost: false,
    problem: null as string | null,
    isEnabled: true,
    language: 'python',
    isLanguageOn: true
  };
  const none: Status = {
    ...STATUS,
    enabled: false,
    model: null,
    mode: 'none',
    reason: 'choose one'
  };
  const words = { id: 'words', name: 'Words', state: 'ready' } as const;
  const rules = { id: 'rules', name: 'Rules', state: 'failed', reason: 'a bug' } as const;
  const model = { id: 'model', name: 'Model', state: 'failed', reason: 'no quota' } as const;
  const by = (...providers: ProviderStatus[]) => ({ ...on, status: { ...STATUS, providers } });

  for (const [name, state, kind, detail] of [
    ['names the model', on, 'on', 'Completions by fast'],
    [
      'is off for a language',
      { ...on, isLanguageOn: false },
      'off',
      'They are switched off for python.'
    ],
    ['is off without a model', { ...on, status: none }, 'off', 'choose one'],
    ['fails with the reason', { ...on, problem: 'no key' }, 'failing', 'no key'],
    [
      'fails without a server',
      { ...on, isLost: true },
      'failing',
      'There is no connection to the server.'
    ],
    [
      'names what suggests without a model',
      { ...on, status: { ...none, providers: [words] } },
      'on',
      'Completions by Words. choose one'
    ],
    [
      'tells what failed beside the model',
      by(words, rules),
      'partly',
      'Completions by fast\nRules failed: a bug'
    ],
    [
      'tells that the model failed where others suggest',
      by(model, words),
      'partly',
      'Completions by Words\nfast failed: no quota'
    ],
    [
      'tells all that failed where nobody suggests',
      by(model, rules),
      'failing',
      'fast failed: no quota\nRules failed: a bug'
    ],
    [
      'tells in the words of the answer why the only one failed',
      { ...by(model), problem: 'no key' },
      'failing',
      'no key'
    ]
  ] as const) {
    test(name, () => {
      const told = tellState(state, trans);

      assert.deepEqual({ kind, detail }, { kind: told.kind, detail: told.detail });
    });
  }
});

describe('the list of models', () => {
  const model = (id: string, more: Partial<Model> = {}): Model => ({
    id,
    name: id,
    description: 'd',
    vendor: 'Acme',
    family: 'f',
    available: true,
    reason: null,
    ...more
  });

  test('has the default, the automatic choice, then those that can be used', () => {
    const away = model('acme:away', { available: false, reason: 'no key' });
    const models = [away, model('acme:fast'), model('auto', { vendor: '' })];
    const lines = linesOf({ models, chosen: 'acme:fast', fixed: false }, STATUS, trans);

    assert.deepEqual(
      ['', 'auto', 'acme:fast', 'acme:away'],
      lines.map(({ id }) => id)
    );
    assert.deepEqual(
      [false, false, true, false],
      lines.map(({ isChosen }) => isChosen)
    );
    assert.equal('d · f · acme:fast', lines[2].detail);
    assert.equal('acme:fast · Acme', lines[2].label);
  });

  test('leads from a model that cannot be used to the settings, and says so', () => {
    const away = model('acme:away', { available: false, reason: 'It needs ACME_KEY.' });
    const [, line] = linesOf({ models: [away], chosen: '', fixed: false }, STATUS, trans);

    assert.equal('settings', line.leadsTo);
    assert.equal(
      'It needs ACME_KEY. Keys are set in the settings of the chat, which this opens.',
      line.detail
    );
  });

  for (const [chosen, mode, detail] of [
    ['', 'none', 'No model is asked: the administrator has chosen none'],
    ['', 'model', 'What the administrator has chosen: fast'],
    ['acme:fast', 'model', 'What the administrator has chosen; no model is asked if that is none']
  ] as const) {
    test(`says of the default: ${detail}`, () => {
      const [line] = linesOf({ models: [], chosen, fixed: false }, { ...STATUS, mode }, trans);

      assert.equal(detail, line.detail);
    });
  }

  test('offers nothing to choose where the model is fixed, and says who did it', () => {
    const models = { models: [model('acme:fast')], chosen: 'acme:fast', fixed: true };
    const lines = linesOf(models, STATUS, trans);

    assert.deepEqual(
      [['fast', 'nothing']],
      lines.map(({ label, leadsTo }) => [label, leadsTo])
    );
    assert.match(lines[0].detail, /administrator of the server/);
  });
});
