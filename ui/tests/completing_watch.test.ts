import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Signal } from '@lumino/signaling';
import { Doc, UndoManager } from 'yjs';

import { Accepted } from '../src/completing/accepted';
import { Suggestion } from '../src/completing/suggestion';
import { CompleterWatch, ICompleter } from '../src/completing/watch';
import type { ItemEvent } from '../src/completing/wire';
import { Clock } from './completing_examples';

interface IItem {
  insertText: string;
}

/** As much of JupyterLab's inline completer as is watched. */
class Completer {
  readonly model = {
    suggestionsChanged: new Signal<object, unknown>({}),
    filterTextChanged: new Signal<object, unknown>({}),
    completions: null as { items: IItem[] } | null,
    cursor: 3,
    reset: () => {
      this.isActive = false;
      this.model.completions = null;
      this.model.suggestionsChanged.emit({ event: 'clear' });
    },
    setCompletions: (completions: { items: IItem[] }) => {
      this.model.completions = completions;
      this.isActive ||= completions.items.length > 0;
      this.model.suggestionsChanged.emit({ event: 'set' });
    }
  };

  /** Whether it is drawn, and Tab takes it. */
  isActive = false;

  readonly text = new Doc().getText();
  readonly sharedModel = { undoManager: new UndoManager(this.text) };

  readonly editor = {
    uuid: 'a',
    host: new EventTarget(),
    model: { sharedModel: this.sharedModel },
    getCursorPosition: () => 3,
    getOffsetAt: (position: number) => position,
    editor: {
      state: { selection: { main: { head: 0 } } },
      dispatch: ({ changes }: { changes: { insert: string } }) => this.type(changes.insert)
    }
  };

  index = 0;

  get current(): IItem | null {
    return this.model.completions?.items[this.index] ?? null;
  }

  type(text: string): void {
    this.text.insert(this.text.length, text);
  }

  accept(): void {
    this.type(this.current!.insertText);
    this.show();
  }

  /** What stands there then. */
  undo(): string {
    this.sharedModel.undoManager.undo();
    return this.text.toJSON();
  }

  cycle(): void {
    this.index = (this.index + 1) % this.model.completions!.items.length;
  }

  show(...items: IItem[]): void {
    if (items.length > 0) {
      this.model.setCompletions({ items });
    } else {
      this.model.reset();
    }
  }
}

function watched() {
  const completer = new Completer();
  const clock = new Clock();
  const told: ItemEvent[] = [];
  const known = new Map<object, Suggestion>();
  const accepted: unknown[][] = [];
  let rejected = 0;
  const watch = new CompleterWatch(completer as unknown as ICompleter, {
    suggestionOf: item => known.get(item),
    tell: event => told.push(event),
    accepted: (_, text, __, start) => accepted.push([text, start]),
    rejected: () => rejected++,
    looked: () => undefined,
    cleared: () => undefined,
    later: clock.later
  });
  const item = (insertText: string, suggestion?: Suggestion) => {
    const made = { insertText };
    const at = { key: 'a', prefix: '', suffix: '' };
    known.set(made, suggestion ?? new Suggestion(at, { insertText, id: `id of ${insertText}` }));
    return made;
  };
  const events = () => {
    clock.strike();
    return told.map(({ event, item }) => `${event} ${item}`);
  };
  const suggestionOf = (made: object) => known.get(made)!;
  return { completer, watch, item, told, events, accepted, suggestionOf, rejected: () => rejected };
}

describe('a suggestion', () => {
  test('is shown once, however often it is drawn', () => {
    const { completer, item, events, suggestionOf } = watched();
    const one = item('one');
    completer.show(one);
    completer.show(item('ne', suggestionOf(one)));

    assert.deepEqual(['shown id of one'], events());
  });

  test('is not told of where it is of another provider', () => {
    const { completer, events } = watched();
    completer.show({ insertText: 'history' });
    completer.show();

    assert.deepEqual([], events());
  });

  test('is ignored when it goes', () => {
    const { completer, item, events } = watched();
    completer.show(item('one'));
    completer.show();

    assert.deepEqual(['shown id of one', 'ignored id of one'], events());
  });

  test('is not ignored where it comes back at once', () => {
    const { completer, item, events } = watched();
    const one = item('one');
    completer.show(one);
    completer.show();
    completer.show(one);

    assert.deepEqual(['shown id of one'], events());
  });

  test('is accepted, with its place among the others, and where it went', () => {
    const { completer, item, told, events, accepted } = watched();
    completer.index = 1;
    completer.show(item('one'), item('two'));
    completer.accept();

    assert.deepEqual(['shown id of two', 'accepted id of two'], events());
    assert.equal(1, told.at(-1)!.index);
    assert.deepEqual([['two', 3]], accepted);
  });

  test('that grows behind what was accepted of it is neither shown again nor ignored', () => {
    const { completer, item, events, suggestionOf } = watched();
    const one = item('one');
    completer.show(one);
    completer.accept();
    completer.show(item('more', suggestionOf(one)));
    completer.show();

    assert.deepEqual(['shown id of one', 'accepted id of one'], events());
  });

  test('that goes on behind what was accepted of it is accepted once', () => {
    const { completer, item, events, accepted, suggestionOf } = watched();
    const one = item('one');
    completer.show(one);
    completer.accept();
    completer.show(item('more', suggestionOf(one)));
    completer.accept();

    assert.deepEqual(['shown id of one', 'accepted id of one'], events());
    assert.equal(1, accepted.length);
  });

  test('that the server gives again is accepted again', () => {
    const { completer, item, events, accepted } = watched();
    completer.show(item('one'));
    completer.accept();
    completer.show(item('one'));
    completer.accept();

    assert.deepEqual(['shown id of one', 'accepted id of one', 'accepted id of one'], events());
    assert.equal(2, accepted.length);
  });

  test('is not drawn any more where nothing takes its place, and others may have something yet', () => {
    const { completer, item } = watched();
    completer.show(item('one'));
    completer.model.setCompletions({ items: [] });

    assert.equal(false, completer.isActive);
    assert.deepEqual({ items: [] }, completer.model.completions);
  });

  test('goes where the cursor is, also where others have moved that', () => {
    const { completer, item, accepted } = watched();
    completer.model.cursor = 1;
    completer.show(item('one'));
    completer.accept();

    assert.deepEqual([['one', 3]], accepted);
  });

  test('is the same where the server gives it again', () => {
    const { completer, item, events } = watched();
    completer.show(item('one'));
    completer.show(item('one'));
    completer.show();

    assert.deepEqual(['shown id of one', 'ignored id of one'], events());
  });

  test('is shown when one turns over to it', () => {
    const { completer, item, events } = watched();
    completer.show(item('one'), item('two'));
    completer.cycle();

    assert.deepEqual(['shown id of one', 'shown id of two'], events());
  });

  test('is ignored when the focus goes elsewhere', () => {
    const { completer, item, events } = watched();
    completer.show(item('one'));
    completer.editor.host.dispatchEvent(new Event('focusout'));
    completer.show();

    assert.deepEqual(['shown id of one', 'ignored id of one'], events());
  });

  test('that is accepted is taken back by one undo, without what was typed before and after', () => {
    const { completer, item } = watched();
    completer.type('x');
    completer.show(item(' = 1'));
    completer.accept();
    completer.type('0');

    assert.deepEqual(['x = 1', 'x'], [completer.undo(), completer.undo()]);
  });

  test('that is taken word by word is taken back so', () => {
    const { completer, watch, item } = watched();
    completer.type('x');
    completer.show(item('one two'));
    watch.acceptWord();
    completer.show(item(' two'));
    watch.acceptWord();

    assert.deepEqual(['xone', 'x'], [completer.undo(), completer.undo()]);
  });

  test('is rejected, once', () => {
    const { completer, watch, item, events, rejected } = watched();
    completer.show(item('one'));
    watch.reject();
    watch.reject();

    assert.deepEqual(['shown id of one', 'rejected id of one'], events());
    assert.equal(1, rejected());
  });
});

/** A text that others may change. */
class Text {
  readonly changed = new Signal<this, { sourceChange?: object[] }>(this);
  isDisposed = false;
  source = '';
  readonly sharedModel = { changed: this.changed, getSource: () => this.source };

  change(source: string, ...sourceChange: object[]): void {
    this.source = source;
    this.changed.emit({ sourceChange });
  }
}

describe('an accepted suggestion', () => {
  function taken() {
    const clock = new Clock();
    const text = new Text();
    const distances: number[] = [];
    text.source = 'x = 1';
    new Accepted({
      text: ' = 1',
      start: 1,
      editor: { model: text } as never,
      settled: distance => distances.push(distance),
      later: clock.later
    });
    return { clock, text, distances };
  }

  test('is compared with what became of it, wherever that is by then', () => {
    const { clock, text, distances } = taken();
    text.change('# a\nx = 1', { insert: '# a\n' });
    text.change('# a\nx = 22', { retain: 8 }, { insert: '22' }, { delete: 1 });
    clock.strike();

    assert.deepEqual([2], distances);
  });

  test('is not compared where its document is gone', () => {
    const { clock, text, distances } = taken();
    text.isDisposed = true;
    clock.strike();

    assert.deepEqual([], distances);
  });
});
