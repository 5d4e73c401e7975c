/** A suggestion that was accepted: where it stands now, and how far it was edited after some time. */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import { IDisposable } from '@lumino/disposable';

import { Delta, editDistance, IRange, moved } from './edits';

/** After this it is what the person wanted. */
export const SETTLED = 30_000; // ms

export interface IAcceptedOptions {
  readonly text: string;
  /** Where it was inserted. */
  readonly start: number;
  readonly editor: Pick<CodeEditor.IEditor, 'model'>;
  /** Tells the distance, once; never if the document is gone by then. */
  settled(distance: number): void;
  /** Call back after some milliseconds; what is returned calls it off. */
  later(milliseconds: number, callback: () => void): () => void;
}

export class Accepted implements IDisposable {
  constructor(private readonly _options: IAcceptedOptions) {
    const { start, text, editor, later } = _options;
    this.text = text;
    this._range = { start, end: start + text.length };
    this._model = editor.model;
    this._model.sharedModel.changed.connect(this._onChanged, this);
    this._callOff = later(SETTLED, () => this._settle());
  }

  /** As it was suggested. */
  readonly text: string;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._callOff();
    this._model.sharedModel.changed.disconnect(this._onChanged, this);
  }

  private _settle(): void {
    if (!this._model.isDisposed) {
      const { start, end } = this._range;
      const now = this._model.sharedModel.getSource().slice(start, end);
      this._options.settled(editDistance(this.text, now));
    }
    this.dispose();
  }

  private _onChanged(_: unknown, change: { sourceChange?: Delta }): void {
    if (change.sourceChange) {
      this._range = moved(this._range, change.sourceChange);
    }
  }

  private readonly _model: CodeEditor.IModel;
  private readonly _callOff: () => void;
  private _range: IRange;
  private _isDisposed = false;
}
