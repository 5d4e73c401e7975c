/** What will be sent along with the next prompt of a chat; all views of the chat show the same. */

import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { Attachment, Selection } from 'jupyter-ai-tokens';

import { ChatSession } from '../chat/session';
import { ISource, SentBefore } from './sources';

/** What is around the input of a view. */
export interface ISurroundings {
  /** What a prompt names of what is open. */
  named(prompt: string): Selection | null;
  /** Have the server find what is attached; null if it would. */
  prepare(attachments: readonly Attachment[]): Promise<unknown> | null;
  /** The same, with the places that attached cells have by now. */
  placed(attachments: readonly Attachment[]): readonly Attachment[];
}

export class Inclusion {
  static of(session: ChatSession): Inclusion {
    let inclusion = Inclusion._known.get(session);
    if (inclusion === undefined) {
      inclusion = new Inclusion(session);
      Inclusion._known.set(session, inclusion);
    }
    return inclusion;
  }

  private constructor(session: ChatSession) {
    this._session = session;
    session.changed.connect(this._onSession, this);
  }

  get source(): ISource | null {
    return this._source;
  }

  /** What is shown, and is sent. */
  get selection(): Selection | null {
    return this._source?.selection ?? null;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Show something, and send it along; it takes the place of what was shown. Null: nothing any more. */
  include(source: ISource | null): void {
    this._source?.dispose();
    this._source = source;
    source?.changed.connect(this._onSource, this);
    this._changed.emit();
  }

  /** While there are views, whatever sends the draft sends along what they show. */
  show(surroundings: ISurroundings): IDisposable {
    if (this._views++ === 0) {
      this._submit = this._session.submit;
      this._session.submit = () => void this._prepareAndSend(surroundings);
    }
    return new DisposableDelegate(() => {
      if (--this._views === 0) {
        this._session.submit = this._submit!;
      }
    });
  }

  /** Once: what is pressed while files are being saved sends nothing more. */
  private async _prepareAndSend(surroundings: ISurroundings): Promise<void> {
    if (this._isPreparing) {
      return;
    }
    const preparing = surroundings.prepare(this._session.writing.attachments);
    if (preparing !== null) {
      this._isPreparing = true;
      await preparing;
      this._isPreparing = false;
    }
    this._send(surroundings);
  }

  private _send(surroundings: ISurroundings): void {
    const { writing } = this._session;
    const prompt = writing.prompt.trim();
    const selection = this.selection ?? surroundings.named(prompt);
    if (this._session.send(prompt, selection, surroundings.placed(writing.attachments))) {
      this.include(null);
      writing.clear();
    }
  }

  private _onSource(): void {
    if (this._source?.isGone) {
      this.include(null);
    } else {
      this._changed.emit();
    }
  }

  /** A message that is edited keeps what was sent along with it. */
  private _onSession(): void {
    const editing = this._session.editing;
    if (editing === this._editing) {
      return;
    }
    this._editing = editing;
    const selection = editing === null ? null : this._session.find(editing)?.selection;
    if (selection) {
      this.include(new SentBefore(selection));
    } else if (this._source?.kind === 'message') {
      this.include(null);
    }
  }

  private static readonly _known = new WeakMap<ChatSession, Inclusion>();
  private readonly _session: ChatSession;
  private _source: ISource | null = null;
  private _editing: string | null = null;
  private _views = 0;
  private _submit: (() => void) | null = null;
  private _isPreparing = false;
  private _changed = new Signal<this, void>(this);
}
