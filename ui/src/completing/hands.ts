/** Knows where one writes oneself: in a document of several people JupyterLab asks for every key of the others, too. */

import type { CodeEditor } from '@jupyterlab/codeeditor';

/** What is used of a document of Yjs. */
interface IDoc {
  on(event: 'beforeObserverCalls', changed: (change: IChange) => void): void;
}

interface IChange {
  /** Made on this page. */
  readonly local: boolean;
  readonly changed: ReadonlyMap<object, unknown>;
}

type Model = Pick<CodeEditor.IModel, 'sharedModel'>;

export class Hands {
  /** Note from now on who writes in the document of a model. */
  attend(model: Model): void {
    const doc = textOf(model)?.doc;
    if (doc && !this._docs.has(doc)) {
      this._docs.add(doc);
      doc.on('beforeObserverCalls', ({ local, changed }) => {
        if (local) {
          changed.forEach((_, text) => this._written.add(text));
        }
      });
    }
  }

  /** Whether one has written there since this was asked last; true if that is not known. */
  take(model: Model): boolean {
    const text = textOf(model);
    const isKnown = Boolean(text?.doc && this._docs.has(text.doc));
    this.attend(model);
    return !isKnown || this._written.delete(text!);
  }

  private readonly _docs = new WeakSet<IDoc>();
  private readonly _written = new WeakSet<object>();
}

/** The text of Yjs behind an editor, if there is one. */
function textOf({ sharedModel }: Model): { readonly doc: IDoc | null } | undefined {
  return (sharedModel as { ysource?: { doc: IDoc | null } }).ysource;
}
