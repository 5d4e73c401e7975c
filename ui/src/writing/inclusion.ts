/** What will be sent along with the next prompt of a chat; all views of the chat show the same. */

import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { Selection } from 'jupyter-ai-tokens';

import { ChatSession } from '../chat/session';
import { ISource, SentBefore } from './sources';

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

  /** Send a prompt with what is shown; false if there is no connection. */
  send(prompt: string): boolean {
    const isSent = this._session.send(prompt.trim(), this.selection);
    if (isSent) {
      this.include(null);
    }
    return isSent;
  }

  /** While there are views, whatever sends the draft sends along what they show. */
  show(): IDisposable {
    if (this._views++ === 0) {
      this._submit = this._session.submit;
      this._session.submit = () => {
        if (this.send(this._session.draft)) {
          this._session.draft = '';
        }
      };
    }
    return new DisposableDelegate(() => {
      if (--this._views === 0) {
        this._session.submit = this._submit!;
      }
    });
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
  private _changed = new Signal<this, void>(this);
}
