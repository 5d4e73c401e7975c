/** Gives JupyterLab's inline completer what the server suggests. */

import type { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type {
  CompletionHandler,
  IInlineCompletionContext,
  IInlineCompletionItem,
  IInlineCompletionList,
  IInlineCompletionProvider,
  InlineCompletionTriggerKind
} from '@jupyterlab/completer';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { JSONValue } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

import type { CompletionClient } from './client';
import { around, beginsLine, endsLine } from './cursor';
import { Hands } from './hands';
import { Preferences, PROVIDER_ID, schemaOf } from './preferences';
import { ICursor, Suggestion } from './suggestion';
import { isOfCompleter } from './watch';
import { others, Question, Status } from './wire';
import type { IWriting } from './writing';

const INVOKE: InlineCompletionTriggerKind = 0; // the enumeration itself is in a package that tests cannot load
const NOTHING: IInlineCompletionList = { items: [] };

export interface IProviderOptions {
  readonly client: CompletionClient;
  readonly preferences: Preferences;
  readonly icon: LabIcon;
  readonly trans: TranslationBundle;
  /** Where one writes in a widget; null if that is not known. */
  writingIn(widget: Widget): IWriting | null;
}

export class Provider implements IInlineCompletionProvider {
  constructor(private readonly _options: IProviderOptions) {
    const { client, icon, trans } = _options;
    this.icon = icon;
    this.name = trans.__('Completions');
    this.schema = schemaOf(trans);
    client.switched.connect(() => this.forget());
  }

  readonly identifier = PROVIDER_ID;
  readonly name: string;
  readonly icon: LabIcon;
  readonly schema: IInlineCompletionProvider['schema'];

  configure(settings: Record<string, JSONValue>): void {
    this._options.preferences.configure(settings);
  }

  async fetch(
    _: CompletionHandler.IRequest,
    context: IInlineCompletionContext
  ): Promise<IInlineCompletionList> {
    const { preferences, client } = this._options;
    const writing = this._options.writingIn(context.widget);
    if (writing === null || !preferences.isOn(writing.language)) {
      return NOTHING;
    }
    const isGoingOn = this._isGoingOn;
    const isInvoked = context.triggerKind === INVOKE && !isGoingOn;
    // Of several views of a document each asks.
    if (!isInvoked && !isFocused(writing)) {
      return NOTHING;
    }
    const isOwn = this._hands.take(writing.editor.model);
    const turn = isOwn || isInvoked || isGoingOn ? ++this._turn : this._turn;
    if (!isInvoked) {
      if (isComposing(writing)) {
        await composed(writing);
        if (turn !== this._turn) {
          return NOTHING;
        }
      }
      if (!isOwn && !isGoingOn) {
        return this._stay(writing);
      }
    }
    const cursor = cursorOf(writing);
    if (!isInvoked) {
      if (!endsLine(cursor.suffix)) {
        return NOTHING;
      }
      const kept = this._offered.filter(suggestion => suggestion.rest(cursor) !== null);
      if (kept.length > 0) {
        // One types into what is offered; a stream may not be as far yet.
        if (await someText(kept, cursor)) {
          return this._offer(cursor, writing);
        }
        // For the beginning of a line nobody asked.
        if (turn !== this._turn || (isGoingOn && beginsLine(cursor.prefix))) {
          return NOTHING;
        }
      }
    }
    // The server said that there is nobody to ask; it will say when there is. Who invokes it wants to know.
    const isInVain = !isInvoked && isAlone(client.status);
    if (isInVain || isInvoked) {
      client.retry();
    }
    if (isInVain) {
      return NOTHING;
    }
    const asking = this._ask(questionOf(cursor, writing, isInvoked), cursor, writing);
    this._asking = asking;
    return asking;
  }

  async *stream(token: string): AsyncGenerator<{ response: IInlineCompletionItem }, void> {
    const streamed = this._streamed.get(token);
    this._streamed.delete(token);
    if (streamed === undefined) {
      return;
    }
    const { suggestion, writing } = streamed;
    for await (const insertText of suggestion.follow(() => cursorOf(writing))) {
      yield { response: { insertText } };
    }
    if (suggestion.problem !== null) {
      const insertText = suggestion.rest(cursorOf(writing)) ?? '';
      yield { response: { insertText, error: { message: suggestion.problem } } };
    }
  }

  /** The suggestion that an item of the completer stands for, if it is of ours. */
  suggestionOf(item: object): Suggestion | undefined {
    return this._items.get(item);
  }

  /** Have JupyterLab ask by `invoke` for the rest of what is offered, where it would not by itself. */
  goOn(widget: Widget | null, invoke: () => void): void {
    const writing = widget && this._options.writingIn(widget);
    const cursor = writing && cursorOf(writing);
    if (cursor && this._offered.some(suggestion => isLeft(suggestion, cursor))) {
      this._isGoingOn = true;
      invoke();
      this._isGoingOn = false;
    }
  }

  /** Note from now on who writes in a document. */
  attend({ editor }: IWriting): void {
    this._hands.attend(editor.model);
  }

  /** Let go of what is asked and offered. */
  forget(): void {
    this._calledOff.abort();
    this._offered = [];
    this._streamed.clear();
  }

  /** Others have written: what is asked and offered stays, where it was not in the line in which one writes. */
  private async _stay(writing: IWriting): Promise<IInlineCompletionList> {
    await this._asking; // the editor of a file may be behind its document at first
    const cursor = cursorOf(writing);
    this._offered.forEach(suggestion => suggestion.move(cursor));
    return this._offer(cursor, writing);
  }

  private async _ask(
    question: Question,
    cursor: ICursor,
    writing: IWriting
  ): Promise<IInlineCompletionList> {
    const calledOff = (this._calledOff = new AbortController());
    const stay = whenLeft(writing.editor.host, () => calledOff.abort());
    const suggestions = await this._options.client.ask(cursor.key, question, calledOff.signal);
    void Promise.all(suggestions.map(suggestion => suggestion.ended())).then(stay);
    const offered = suggestions.slice(0, this._options.preferences.maximum);
    await someText(offered, cursor);
    if (this._calledOff !== calledOff || calledOff.signal.aborted) {
      return NOTHING;
    }
    // Once shown, the order stays.
    const [begun, others] = parted(offered, cursor);
    this._offered = [...begun, ...others];
    return this._offer(cursorOf(writing), writing);
  }

  private _offer(cursor: ICursor, writing: IWriting): IInlineCompletionList {
    const items = this._offered.flatMap(suggestion => {
      const insertText = suggestion.rest(cursor);
      if (insertText === null || (!insertText && suggestion.isDone)) {
        return [];
      }
      const item: IInlineCompletionItem = {
        insertText,
        filterText: suggestion.filterRest(cursor)
      };
      if (!suggestion.isDone) {
        item.isIncomplete = true;
        item.token = String(++this._tokens);
        this._streamed.set(item.token, { suggestion, writing });
      }
      this._items.set(item, suggestion);
      return [item];
    });
    return { items };
  }

  /** What was offered last, in this order: one may be typing into it. */
  private _offered: readonly Suggestion[] = [];
  /** What was asked for last. */
  private _asking: Promise<unknown> = Promise.resolve();
  private _calledOff = new AbortController();
  private readonly _hands = new Hands();
  private _turn = 0;
  private _isGoingOn = false;
  private _tokens = 0;
  private readonly _streamed = new Map<string, { suggestion: Suggestion; writing: IWriting }>();
  private readonly _items = new WeakMap<object, Suggestion>();
}

function cursorOf({ editor }: IWriting): ICursor {
  const text = editor.model.sharedModel.getSource();
  const offset = editor.getOffsetAt(editor.getCursorPosition());
  return { key: editor.uuid, ...around(text, offset) };
}

/** Whether one writes there at all. */
function isFocused({ editor }: IWriting): boolean {
  return editor.hasFocus() || isOfCompleter(editor.host.ownerDocument.activeElement);
}

/** Whether what stands there is still being made of several keys, as where one writes Chinese. */
function isComposing({ editor }: IWriting): boolean {
  return (editor as Partial<CodeMirrorEditor>).editor?.composing === true;
}

/** Wait for the end of that. */
function composed({ editor }: IWriting): Promise<unknown> {
  return new Promise(resolve =>
    editor.host.addEventListener('compositionend', resolve, { once: true })
  );
}

function questionOf(cursor: ICursor, writing: IWriting, isInvoked: boolean): Question {
  return {
    prefix: cursor.prefix,
    suffix: cursor.suffix,
    mime: writing.editor.model.mimeType,
    language: writing.language,
    path: writing.path,
    cell_id: writing.cellId,
    trigger: isInvoked ? 'explicit' : 'automatic'
  };
}

/** Whether something is to come of a suggestion, or stands in the next line, where JupyterLab does not ask. */
function isLeft(suggestion: Suggestion, at: ICursor): boolean {
  const rest = suggestion.rest(at);
  return rest === '' ? !suggestion.isDone : rest !== null && beginsLine(at.prefix);
}

/** Whether there is nobody to ask. */
function isAlone(status: Status | null): boolean {
  return status?.enabled === false && others(status).length === 0;
}

/** Those of which there is something to be seen, and the others. */
function parted(suggestions: readonly Suggestion[], at: ICursor): [Suggestion[], Suggestion[]] {
  return [
    suggestions.filter(suggestion => suggestion.rest(at)),
    suggestions.filter(suggestion => !suggestion.rest(at))
  ];
}

/** Whether something can be shown of some, waiting for the first text of streams: where there is nothing to be seen, Tab is Tab. */
async function someText(suggestions: readonly Suggestion[], at: ICursor): Promise<boolean> {
  if (suggestions.some(suggestion => suggestion.rest(at))) {
    return true;
  }
  const begun = suggestions.map(suggestion => suggestion.begun(at));
  return new Promise(resolve => {
    begun.forEach(promise => void promise.then(isThere => isThere && resolve(true)));
    void Promise.all(begun).then(() => resolve(false));
  });
}

/** Call back when one leaves an editor, or presses Escape; what is returned ends that. */
function whenLeft(host: HTMLElement, leave: () => void): () => void {
  const onKey = (event: KeyboardEvent) => event.key === 'Escape' && leave();
  const onFocus = ({ relatedTarget }: FocusEvent) => {
    if (!isOfCompleter(relatedTarget)) {
      leave();
    }
  };
  host.addEventListener('focusout', onFocus);
  host.addEventListener('keydown', onKey, true);
  return () => {
    host.removeEventListener('focusout', onFocus);
    host.removeEventListener('keydown', onKey, true);
  };
}
