/** Sees what becomes of suggestions in one of JupyterLab's inline completers, and tells it. */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { InlineCompleter } from '@jupyterlab/completer';
import { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { Recent } from './recent';
import { Suggestion } from './suggestion';
import type { ItemEvent } from './wire';

/** What is watched of a completer. */
export type ICompleter = Pick<
  InlineCompleter,
  'accept' | 'current' | 'cycle' | 'editor' | 'isActive' | 'model'
>;

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
    const cycle = completer.cycle.bind(completer);
    completer.cycle = direction => {
      cycle(direction);
      this.look();
    };
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
    const id = this.shown?.suggestion.id;
    if (id && !this._seen.has(id)) {
      this._seen.add(id);
      // What is still growing goes on behind what was taken of it.
      if (!this._taken.has(id)) {
        this._tell('shown', id);
      }
      this._watchFocus();
    }
    // While one types into a suggestion JupyterLab takes it away and shows it again.
    this._callOff ??= this._options.later(0, () => this._endMissing());
    this._options.looked();
  }

  /** Take the first word of what is shown. */
  acceptWord(): void {
    const { shown } = this;
    const { editor } = this.completer;
    if (!shown || !editor) {
      return;
    }
    const view = (editor as CodeMirrorEditor).editor;
    const word = /^\s*(?:[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]+)?/u.exec(shown.text)![0];
    this._tell('accepted-partly', shown.suggestion.id, { characters: word.length });
    this._taken.add(shown.suggestion.id);
    const at = view.state.selection.main.head;
    undoable(editor, () =>
      view.dispatch({
        changes: { from: at, insert: word },
        selection: { anchor: at + word.length },
        userEvent: 'input.complete'
      })
    );
  }

  /** Somebody does not want what is shown. */
  reject(): void {
    const shown = this.shown;
    if (shown !== null) {
      this._end(shown.suggestion.id, 'rejected');
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
    this.leave();
    Signal.clearData(this);
  }

  /** Nobody will see any more what is shown. */
  leave(): void {
    this._seen.forEach(id => this._end(id, 'ignored'));
  }

  private _onChanged(_: unknown, { event }: { event: string }): void {
    if (event === 'set') {
      this._onSet();
    }
    this.look();
    if (event === 'clear') {
      this._options.cleared();
    }
  }

  private _onSet(): void {
    const { editor, model, isActive } = this.completer;
    if (!model || !editor) {
      return;
    }
    if (this._items.length === 0 && isActive) {
      // JupyterLab leaves there what it drew, and Tab would take nothing; others may have something yet.
      model.reset();
      model.setCompletions({ items: [] });
    } else if (this.shown !== null) {
      // What others write may have moved it after JupyterLab noted it.
      model.cursor = editor.getCursorPosition();
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
    // What grew behind what was accepted of it belongs to that.
    const isNews = !this._accepted.has(suggestion);
    this._accepted.add(suggestion);
    this._seen.delete(suggestion.id);
    this._taken.add(suggestion.id);
    if (isNews) {
      this._tell('accepted', suggestion.id);
    }
    undoable(editor, accept);
    if (isNews) {
      this._options.accepted(suggestion, text, editor, start);
    }
  }

  private _endMissing(): void {
    this._callOff = null;
    for (const id of this._seen) {
      if (!this._items.some(item => item.insertText && this._idOf(item) === id)) {
        this._end(id, 'ignored');
      }
    }
  }

  /** The suggestion goes with the focus, though the completer keeps it. */
  private _watchFocus(): void {
    this.completer.editor?.host.addEventListener('focusout', this._onFocusOut);
  }

  private _onFocusOut = ({ relatedTarget }: FocusEvent): void => {
    if (!isOfCompleter(relatedTarget)) {
      this.leave();
    }
  };

  private get _items(): readonly { insertText: string }[] {
    return this.completer.model?.completions?.items ?? [];
  }

  private _idOf(item: object): string | undefined {
    return this._options.suggestionOf(item)?.id;
  }

  private _end(id: string, event: 'ignored' | 'rejected'): void {
    if (this._seen.delete(id) && !this._taken.has(id)) {
      this._tell(event, id);
    }
  }

  private _tell(event: ItemEvent['event'], id: string, more: Partial<ItemEvent> = {}): void {
    const index = this._items.findIndex(item => this._idOf(item) === id);
    if (id) {
      const place = index < 0 ? {} : { index };
      this._options.tell({ event, item: id, ...place, ...more });
    }
  }

  /** Ids of what was shown and is still offered: the server may give the same again. */
  private readonly _seen = new Set<string>();
  /** Ids of that of which something was taken. */
  private readonly _taken = new Recent();
  private readonly _accepted = new WeakSet<Suggestion>();
  private _callOff: (() => void) | null = null;
  private _isDisposed = false;
}

/** Have one step of undo take back what is done, and no more: documents join what is changed within half a second. */
function undoable({ model }: CodeEditor.IEditor, change: () => void): void {
  const { undoManager } = model.sharedModel as { undoManager?: { stopCapturing(): void } | null };
  undoManager?.stopCapturing();
  change();
  undoManager?.stopCapturing();
}

/** Whether something is one of the buttons beside a suggestion, which belong to it. */
export function isOfCompleter(target: EventTarget | null): boolean {
  return Boolean((target as Element | null)?.closest('.jp-InlineCompleter'));
}
