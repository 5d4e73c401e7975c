import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type {
  CompletionHandler,
  IInlineCompletionContext,
  IInlineCompletionItem
} from '@jupyterlab/completer';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs';

import { languageName } from '../src/completing/languages';
import { Preferences } from '../src/completing/preferences';
import { Provider } from '../src/completing/provider';
import type { Item } from '../src/completing/wire';
import type { IWriting } from '../src/completing/writing';
import { connected, Socket, STATUS, STREAMED } from './completing_examples';
import { trans } from './words';

/** An editor with the cursor at a place in its text. */
class Editor {
  readonly uuid = 'a';
  readonly host = Object.assign(new EventTarget(), { ownerDocument: { activeElement: null } });
  readonly editor = { composing: false };
  isFocused = true;
  cursor = 0;
  readonly ysource = new Doc().getText();

  readonly model = {
    mimeType: 'text/x-python',
    sharedModel: { ysource: this.ysource, getSource: () => this.text }
  };

  get text(): string {
    return this.ysource.toJSON();
  }

  hasFocus(): boolean {
    return this.isFocused;
  }

  getCursorPosition(): number {
    return this.cursor;
  }

  getOffsetAt(position: number): number {
    return position;
  }

  type(text: string): void {
    this.ysource.insert(this.cursor, text);
    this.cursor += text.length;
  }

  /** Somebody else writes, at a place. */
  receive(text: string, at: number): void {
    const other = new Doc();
    applyUpdate(other, encodeStateAsUpdate(this.ysource.doc!));
    other.getText().insert(at, text);
    applyUpdate(this.ysource.doc!, encodeStateAsUpdate(other));
    this.cursor += at < this.cursor ? text.length : 0;
  }
}

class Typing {
  readonly editor = new Editor();
  readonly preferences = new Preferences(null, languageName);
  readonly socket: Socket;
  readonly sockets: Socket[];
  readonly provider: Provider;

  constructor() {
    const { client, socket, sockets } = connected();
    this.socket = socket;
    this.sockets = sockets;
    this.provider = new Provider({
      client,
      preferences: this.preferences,
      icon: {} as LabIcon,
      trans,
      writingIn: () => ({ editor: this.editor, language: 'python' }) as unknown as IWriting
    });
  }

  /** What is offered after something was typed, or was asked for. */
  async offered(text: string, triggerKind = 1): Promise<string[]> {
    return (await this.fetch(text, triggerKind)).map(item => item.insertText);
  }

  async fetch(text = '', triggerKind = 1) {
    this.editor.type(text);
    const context = { triggerKind } as IInlineCompletionContext;
    return (await this.provider.fetch({} as CompletionHandler.IRequest, context)).items;
  }
}

describe('what others write in the same document', () => {
  async function shown(...items: Item[]) {
    const typing = new Typing();
    typing.editor.type('# a\n');
    const first = typing.offered('x');
    typing.socket.reply(items);
    typing.socket.stream(' =');
    await first;
    return typing;
  }

  /** What is offered after that. */
  async function received(typing: Typing, text: string, at: number): Promise<string[]> {
    typing.editor.receive(text, at);
    return typing.offered('');
  }

  test('asks for nothing', async () => {
    const typing = new Typing();
    typing.provider.attend({ editor: typing.editor } as unknown as IWriting);

    assert.deepEqual([], await received(typing, 'x', 0));
    assert.equal(0, typing.socket.questions.length);
  });

  test('leaves in its place what is offered', async () => {
    const typing = await shown({ insertText: ' = 1' });

    assert.deepEqual([' = 1'], await received(typing, '# b\n', 0));
    assert.deepEqual([' = 1'], await received(typing, '\nend', typing.editor.text.length));
    assert.deepEqual(['= 1'], await typing.offered(' '));
    assert.equal(1, typing.socket.questions.length);
  });

  test('leaves a stream in its place, where one has typed into its second line, too', async () => {
    const typing = await shown(STREAMED);
    typing.socket.stream(' = [\n  1');
    await typing.offered(' = [\n ');

    assert.deepEqual([' 1'], await received(typing, 'more', 0));
    typing.socket.stream(' = [\n  1,');
    assert.deepEqual([' 1,'], await received(typing, 'more', 0));
    assert.equal(1, typing.socket.sent.length);
  });

  test('leaves a question on its way', async () => {
    const typing = new Typing();
    typing.editor.type('# a\n');
    void typing.offered('x');
    const offered = received(typing, 'more', 0);
    typing.socket.reply([{ insertText: ' = 1' }]);

    assert.deepEqual([' = 1'], await offered);
    assert.equal(1, typing.socket.sent.length);
  });

  test('leaves what is being made of several keys', async () => {
    const typing = new Typing();
    typing.provider.attend({ editor: typing.editor } as unknown as IWriting);
    typing.editor.editor.composing = true;
    void typing.offered('x');
    void received(typing, '# a\n', 0);
    typing.editor.editor.composing = false;
    typing.editor.host.dispatchEvent(new Event('compositionend'));
    await settle();

    assert.equal(1, typing.socket.questions.length);
  });

  test('takes away what is offered where it is in the same line', async () => {
    const typing = await shown({ insertText: ' = 1' });

    assert.deepEqual([], await received(typing, 'y', typing.editor.text.length - 1));
    assert.deepEqual([], await received(typing, ' + 1', typing.editor.text.length));
  });

  test('does not hide what one has typed oneself just before', async () => {
    const typing = new Typing();
    typing.editor.type('x');
    void received(typing, '# a\n', 0);
    await settle();

    assert.equal(1, typing.socket.questions.length);
  });
});

type Stream = ReturnType<Provider['stream']>;

/** What comes next of a stream; null at its end. */
async function next(stream: Stream): Promise<IInlineCompletionItem | null> {
  const result = await stream.next();
  return result.done ? null : result.value.response;
}

/** Let everything happen that waits for nothing but promises. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

describe('what is asked', () => {
  test('has the text on both sides of the cursor', async () => {
    const typing = new Typing();
    typing.editor.ysource.insert(0, ')\n');
    void typing.fetch('f(x');

    const { prefix, suffix, trigger, stream } = typing.socket.questions[0];
    assert.deepEqual(['f(x', ')\n', 'automatic', true], [prefix, suffix, trigger, stream]);
  });

  test('is nothing in the middle of a line, unless somebody asks', async () => {
    const typing = new Typing();
    typing.editor.ysource.insert(0, ' + 1');

    assert.deepEqual([], await typing.offered('x'));
    assert.equal(0, typing.socket.questions.length);
    void typing.fetch('', 0);
    assert.equal('explicit', typing.socket.questions[0].trigger);
  });

  test('is nothing in a language that is switched off', async () => {
    const typing = new Typing();
    typing.preferences.configure({ disabledLanguages: ['Python'] });

    assert.deepEqual([], await typing.offered('x', 0));
    assert.equal(0, typing.socket.questions.length);
  });

  test('is nothing where the server said that there is nobody to ask', async () => {
    const typing = new Typing();
    typing.socket.say({ type: 'status', ...STATUS, enabled: false });

    assert.deepEqual([], await typing.offered('x'));
    assert.equal(0, typing.socket.questions.length);
  });

  test('is looked for where one invokes it, also if there was nobody to ask', async () => {
    const typing = new Typing();
    typing.socket.say({ type: 'status', ...STATUS, enabled: false });
    void typing.offered('x', 0);

    assert.equal(1, typing.socket.questions.length);
  });

  test('is nothing where one writes elsewhere, unless somebody asks', async () => {
    const typing = new Typing();
    typing.editor.isFocused = false;

    assert.deepEqual([], await typing.offered('x'));
    assert.equal(0, typing.socket.questions.length);
    void typing.fetch('', 0);
    assert.equal(1, typing.socket.questions.length);
  });

  test('is asked for in that view of a document in which one writes', async () => {
    const typing = new Typing();
    typing.provider.attend({ editor: typing.editor } as unknown as IWriting);
    typing.editor.isFocused = false; // the other view is asked for first
    await typing.offered('x');
    typing.editor.isFocused = true;
    void typing.offered('');

    assert.equal(1, typing.socket.questions.length);
  });

  test('is only what was made of several keys', async () => {
    const typing = new Typing();
    typing.editor.editor.composing = true;
    const half = typing.offered('ni');
    const whole = typing.offered('hao');
    typing.editor.editor.composing = false;
    typing.editor.host.dispatchEvent(new Event('compositionend'));
    await settle();
    typing.socket.reply([{ insertText: '!' }]);

    assert.deepEqual([[], ['!']], [await half, await whole]);
    assert.deepEqual(
      ['nihao'],
      typing.socket.questions.map(({ prefix }) => prefix)
    );
  });

  test('goes out at once where one invokes it while the server was away', () => {
    const typing = new Typing();
    typing.socket.onclose?.();
    void typing.offered('x', 0);
    typing.sockets[1].onopen?.();

    assert.equal(1, typing.sockets[1].questions.length);
  });

  test('is called off when one leaves the editor', async () => {
    const typing = new Typing();
    const offered = typing.offered('x');
    typing.editor.host.dispatchEvent(new Event('focusout'));

    assert.deepEqual([], await offered);
    assert.deepEqual({ type: 'cancel', number: 1 }, typing.socket.sent.at(-1));
  });
});

describe('what is offered', () => {
  test('is kept while one types into it, and nothing is asked', async () => {
    const typing = new Typing();
    const first = typing.offered('x');
    typing.socket.reply([{ insertText: ' = 1' }, { insertText: ' + 1' }]);
    await first;

    assert.deepEqual(['= 1', '+ 1'], await typing.offered(' '));
    assert.deepEqual([' 1'], await typing.offered('='));
    assert.equal(1, typing.socket.questions.length);
  });

  test('is asked for anew where something else is typed, or all was', async () => {
    const typing = new Typing();
    const first = typing.offered('x');
    typing.socket.reply([{ insertText: '=1' }]);
    await first;
    await typing.fetch('=');
    void typing.fetch('1');
    await settle();

    assert.equal(2, typing.socket.questions.length);
  });

  test('goes on in the next line, where JupyterLab does not ask', async () => {
    const typing = new Typing();
    const first = typing.offered('f():');
    typing.socket.reply([{ insertText: '\n  pass' }]);
    await first;
    typing.editor.type('\n  ');
    const offered: Promise<string[]>[] = [];
    typing.provider.goOn({} as Widget, () => void offered.push(typing.offered('', 0)));

    assert.deepEqual(['pass'], await offered[0]);
    assert.equal(1, typing.socket.questions.length);
  });

  test('is no more than was wanted', async () => {
    const typing = new Typing();
    typing.preferences.configure({ maximum: 1 });
    const offered = typing.offered('x');
    typing.socket.reply([{ insertText: '1' }, { insertText: '2' }]);

    assert.deepEqual(['1'], await offered);
  });

  test('is not kept once it was let go of', async () => {
    const typing = new Typing();
    const first = typing.offered('x');
    typing.socket.reply([{ insertText: '=1' }]);
    await first;
    typing.provider.forget();
    void typing.fetch('=');
    await settle();

    assert.equal(2, typing.socket.questions.length);
  });
});

describe('a stream', () => {
  async function begun() {
    const typing = new Typing();
    const items = typing.fetch('x');
    typing.socket.reply([STREAMED]);
    typing.socket.stream(' =');
    return { typing, item: (await items)[0] };
  }

  test('is offered once it has text', async () => {
    const { item } = await begun();

    assert.deepEqual([' =', true], [item.insertText, item.isIncomplete]);
  });

  test('goes on as it comes, without what was typed into it', async () => {
    const { typing, item } = await begun();
    const stream = typing.provider.stream(item.token!);
    assert.equal(' =', (await next(stream))?.insertText);
    typing.editor.type(' ');
    typing.socket.stream(' = 1', true);

    assert.equal('= 1', (await next(stream))?.insertText);
    assert.equal(null, await next(stream));
  });

  test('is waited for where one has typed all of it so far', async () => {
    const { typing } = await begun();
    const offered = typing.offered(' =');
    typing.socket.stream(' = 1');

    assert.deepEqual([' 1'], await offered);
    assert.equal(1, typing.socket.questions.length);
  });

  test('goes on at once where one has taken all of it so far, in the next line too', async () => {
    const { typing } = await begun();
    typing.socket.stream(' = [\n');
    typing.editor.type(' = [\n');
    const offered: Promise<string[]>[] = [];
    typing.provider.goOn({} as Widget, () => void offered.push(typing.offered('', 0)));
    typing.socket.stream(' = [\n  1');

    assert.deepEqual(['  1'], await offered[0]);
    assert.equal(1, typing.socket.questions.length);
  });

  test('asks for nothing else where it ends at the beginning of a line', async () => {
    const { typing } = await begun();
    typing.socket.stream(' = [\n');
    typing.editor.type(' = [\n');
    const offered: Promise<string[]>[] = [];
    typing.provider.goOn({} as Widget, () => void offered.push(typing.offered('', 0)));
    typing.socket.stream(' = [\n', true);

    assert.deepEqual([], await offered[0]);
    assert.equal(1, typing.socket.questions.length);
  });

  test('is cancelled when one leaves the editor, and not after its end', async () => {
    const { typing } = await begun();
    typing.editor.host.dispatchEvent(new Event('focusout'));

    assert.deepEqual({ type: 'cancel', number: 1 }, typing.socket.sent.at(-1));
    const { typing: other } = await begun();
    other.socket.stream(' = 1', true);
    await settle();
    other.editor.host.dispatchEvent(new Event('focusout'));

    assert.equal(1, other.socket.sent.length);
  });

  test('that fails says so in its place', async () => {
    const { typing, item } = await begun();
    const stream = typing.provider.stream(item.token!);
    const error = { type: 'Error', title: 'overloaded' };
    const response = { insertText: ' =', token: 't' };
    typing.socket.say({ type: 'stream', response, reply_to: 1, done: true, error });
    await stream.next();

    assert.equal('overloaded', (await next(stream))?.error?.message);
  });

  test('that comes behind another is offered behind it', async () => {
    const typing = new Typing();
    const items = typing.fetch('x');
    typing.socket.reply([STREAMED, { insertText: '=1' }]);

    assert.deepEqual(
      ['=1', ''],
      (await items).map(({ insertText }) => insertText)
    );
  });
});
