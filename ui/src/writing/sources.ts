/** Where what is sent along comes from, as it is at each moment. */

import { ISelectionWatcher } from '@jupyter/chat';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { Selection } from 'jupyter-ai-tokens';

type CellModel = NonNullable<NotebookPanel['content']['activeCell']>['model'];

/** The outputs of a code cell. */
interface IOutputs {
  readonly length: number;
  get(index: number): { readonly type: string; toJSON(): unknown };
}

interface IErrorOutput {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: string[];
}

export interface ISource extends IDisposable {
  readonly kind: 'selection' | 'cell' | 'error' | 'message';
  /** The name of the file it is from, where that is known. */
  readonly file: string | null;
  /** What would be sent now; null if there is nothing at the moment. */
  readonly selection: Selection | null;
  /** Whether there will never be anything again. */
  readonly isGone: boolean;
  readonly changed: ISignal<ISource, void>;
}

abstract class Source implements ISource {
  abstract readonly kind: ISource['kind'];
  abstract readonly selection: Selection | null;
  readonly file: string | null = null;

  get isGone(): boolean {
    return this.isDisposed;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  protected onChanged(): void {
    this._changed.emit();
  }

  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

/** The text that is selected in the document that is shown. */
export class SelectedText extends Source {
  constructor(watcher: ISelectionWatcher) {
    super();
    this._watcher = watcher;
    watcher.selectionChanged.connect(this.onChanged, this);
  }

  readonly kind = 'selection';

  get selection(): Selection | null {
    const source = this._watcher.selection?.text;
    return source ? { type: 'text', source } : null;
  }

  private readonly _watcher: ISelectionWatcher;
}

/** A cell of a notebook, which one may go on editing and running. */
export class NotebookCell extends Source {
  constructor(panel: NotebookPanel, id: string, withError: boolean) {
    super();
    this._panel = panel;
    this._id = id;
    this.kind = withError ? 'error' : 'cell';
    this.file = PathExt.basename(panel.context.path);
    panel.context.model.contentChanged.connect(this.onChanged, this);
    panel.disposed.connect(this.onChanged, this);
  }

  readonly kind: 'cell' | 'error';
  override readonly file: string;

  get selection(): Selection | null {
    const cell = this._cell;
    if (cell === undefined) {
      return null;
    }
    const source = cell.sharedModel.getSource();
    if (this.kind === 'cell') {
      return { type: 'cell', source };
    }
    const error = errorOf(cell);
    return error && { type: 'cell-with-error', source, error };
  }

  override get isGone(): boolean {
    return this.selection === null;
  }

  /** Looked for each time: a cell that is moved is another object with the same id. */
  private get _cell(): CellModel | undefined {
    if (this._panel.isDisposed) {
      return undefined;
    }
    return [...(this._panel.model?.cells ?? [])].find(cell => cell.id === this._id);
  }

  private readonly _panel: NotebookPanel;
  private readonly _id: string;
}

/** The active cell, or null where there is none (or it has no error). */
export function activeCell(
  tracker: INotebookTracker | null,
  withError: boolean
): NotebookCell | null {
  const panel = tracker?.currentWidget;
  const model = tracker?.activeCell?.model;
  if (!panel || !model || (withError && errorOf(model) === null)) {
    return null;
  }
  return new NotebookCell(panel, model.id, withError);
}

/** What was sent along with a message that is being edited. */
export class SentBefore extends Source {
  constructor(readonly selection: Selection) {
    super();
  }

  readonly kind = 'message';
}

/** The error among the outputs of a cell, as the kernel gave it. */
export function errorOf(
  cell: CellModel
): { name: string; value: string; traceback: string[] } | null {
  if (cell.type !== 'code') {
    return null;
  }
  const { outputs } = cell as unknown as { outputs: IOutputs };
  for (let i = 0; i < outputs.length; i++) {
    if (outputs.get(i).type === 'error') {
      const { ename, evalue, traceback } = outputs.get(i).toJSON() as IErrorOutput;
      return { name: ename, value: evalue, traceback };
    }
  }
  return null;
}
