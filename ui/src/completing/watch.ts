/** Sees what becomes of suggestions in one of JupyterLab's inline completers, and tells it. */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { InlineCompleter } from '@jupyterlab/completer';
import { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { Suggestion } from './suggestion';
import type { ItemEvent } from './wire';

/** What is watched of a completer. */
export type ICompleter = Pick<InlineCompleter, 'accept' | 'current' | 'editor' | 'model'>;

export interface IWatchOptions {
  /** The suggestion of ours that an item of a completer stands for. */
  suggestionOf(item: object): Suggestion | undefined;
  tell(event: ItemEvent): void;
  /** A suggestion was accepted, in all that was left of it. */
  accepted(suggestion: Suggestion, text: string, editor: CodeEditor.IEditor, start: number): void;
  /** Somebody does not want it. */
  rejected(): void;
  /** Something may be shown, or not any more. */
  looked(): void;
  /** JupyterLab shows nothing any more. */
  cleared(): void;
  /** Call back after some milliseconds; what is returned calls it off. */
  later(milliseconds: number, callback: () => void): () => void;
}

export class CompleterWatch implements IDisposable {
  constructor(
    readonly completer: ICompleter,
    private readonly _options: IWatchOptions
  ) {
    const accept = completer.accept.bind(completer);
    completer.accept = () => this._accept(accept);
    completer.model?.suggestionsChanged.connect(this._onChanged, this);
    completer.model?.filterTextChanged.connect(this.look, this);
  }

  /** What is shown of ours. */
  get shown(): { readonly suggestion: Suggestion; readonly text: string } | null {
    const { current } = this.completer;
    const suggestion = current && this._options.suggestionOf(current);
    return suggestion && current.insertText ? { suggestion, text: current.insertText } : null;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** See what is shown now. */
  look(): void {
    const current = this.shown?.suggestion;
    if (current !== undefined && !this._seen.has(current)) {
      this._seen.add(current);
      // What is still growing goes on behind what was taken of it.
      if (!this._taken.has(current)) {
        this._tell('shown', current);
      }
    }
    // While one types into a suggestion JupyterLab takes it away and shows it again.
    this._callOff ??= this._options.later(0, () => this._endMissing());
    this._options.looked();
  }

  /** Take the first word of what is shown. */
  acceptWord(): void {
    const { shown } = this;
    const view = (this.completer.editor as CodeMirrorEditor | null)?.editor;
    if (!shown || !view) {
      return;
    }
    const word = /^\s*(?:[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]+)?/u.exec(shown.text)![0];
    this._tell('accepted-partly', shown.suggestion, { characters: word.length });
    this._taken.add(shown.suggestion);
    const at = view.state.selection.main.head;
    view.dispatch({
      changes: { from: at, insert: word },
      selection: { anchor: at + word.length },
      userEvent: 'input.complete'
    });
  }

  /** Somebody does not want what is shown. */
  reject(): void {
    const shown = this.shown;
    if (shown !== null) {
      this._end(shown.suggestion, 'rejected');
      this._options.rejected();
      this.completer.model?.reset();
    }
  }

  /** Show nothing any more. */
  dismiss(): void {
    if (this.shown !== null) {
      this.completer.model?.reset();
    }
  }

  dispose(): void {
    this._isDisposed = true;
    this._callOff?.();
    this._seen.forEach(suggestion => this._end(suggestion, 'ignored'));
    Signal.clearData(this);
  }

  private _onChanged(_: unknown, { event }: { event: string }): void {
    this.look();
    if (event === 'clear') {
      this._options.cleared();
    }
  }

  private _accept(accept: () => void): void {
    const { shown } = this;
    const { editor, model } = this.completer;
    if (shown === null || !editor || !model) {
      accept();
      return;
    }
    const { suggestion, text } = shown;
    const start = editor.getOffsetAt(model.cursor);
    this._end(suggestion, 'accepted');
    this._taken.add(suggestion);
    accept();
    this._options.accepted(suggestion, text, editor, start);
  }

  private _endMissing(): void {
    this._callOff = null;
    for (const suggestion of this._seen) {
      if (!this._isOffered(suggestion)) {
        this._end(suggestion, 'ignored');
      }
    }
  }

  private _isOffered(suggestion: Suggestion): boolean {
    const items = this.completer.model?.completions?.items ?? [];
    return items.some(item => item.insertText && this._options.suggestionOf(item) === suggestion);
  }

  private _end(suggestion: Suggestion, event: 'accepted' | 'ignored' | 'rejected'): void {
    if (event === 'accepted') {
      this._tell(event, suggestion);
      this._seen.delete(suggestion);
    } else if (this._seen.delete(suggestion) && !this._taken.has(suggestion)) {
      this._tell(event, suggestion);
    }
  }

  private _tell(
    event: ItemEvent['event'],
    suggestion: Suggestion,
    more: Partial<ItemEvent> = {}
  ): void {
    const items = this.completer.model?.completions?.items ?? [];
    const index = items.findIndex(item => this._options.suggestionOf(item) === suggestion);
    if (suggestion.id) {
      const place = index < 0 ? {} : { index };
      this._options.tell({ event, item: suggestion.id, ...place, ...more });
    }
  }

  /** What was shown and is still offered. */
  private readonly _seen = new Set<Suggestion>();
  /** Of which something was taken. */
  private readonly _taken = new WeakSet<Suggestion>();
  private _callOff: (() => void) | null = null;
  private _isDisposed = false;
}
