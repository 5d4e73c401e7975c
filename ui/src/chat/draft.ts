/** What is being written in a chat: the prompt, and what is attached to it. Kept over a reload of the page. */

import { ISignal, Signal } from '@lumino/signaling';
import { Attachment } from 'jupyter-ai-tokens';

import { MOST_ATTACHMENTS, parseAttachments, withAttachment } from './attachments';

/** A prompt as it was written. */
export interface IWritten {
  readonly prompt: string;
  readonly attachments: readonly Attachment[];
}

export interface IDraftOptions {
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Where the prompt is kept, and where its attachments are. */
  readonly keys: { readonly prompt: string; readonly attachments: string };
}

export class Draft {
  constructor(options: IDraftOptions) {
    this._options = options;
    this._prompt = options.storage.getItem(options.keys.prompt) ?? '';
    this._attachments = parseAttachments(options.storage.getItem(options.keys.attachments));
  }

  get prompt(): string {
    return this._prompt;
  }
  set prompt(prompt: string) {
    if (prompt !== this._prompt) {
      this._prompt = prompt;
      this._keep(this._options.keys.prompt, prompt);
      this._promptChanged.emit(prompt);
    }
  }

  get promptChanged(): ISignal<this, string> {
    return this._promptChanged;
  }

  get attachments(): readonly Attachment[] {
    return this._attachments;
  }
  set attachments(attachments: readonly Attachment[]) {
    this._attachments = attachments;
    const kept = attachments.length > 0 ? JSON.stringify(attachments) : '';
    this._keep(this._options.keys.attachments, kept);
    this._attachmentsChanged.emit();
  }

  get attachmentsChanged(): ISignal<this, void> {
    return this._attachmentsChanged;
  }

  /** Attach something; false if there are as many as may be. */
  attach(attachment: Attachment): boolean {
    const attachments = withAttachment(this._attachments, attachment);
    const hasRoom = attachments.length <= MOST_ATTACHMENTS;
    if (hasRoom) {
      this.attachments = attachments;
    }
    return hasRoom;
  }

  detach(attachment: Attachment): void {
    this.attachments = this._attachments.filter(other => other !== attachment);
  }

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return this._prompt.trim() === '' && this._attachments.length === 0;
  }

  get written(): IWritten {
    return { prompt: this._prompt, attachments: this._attachments };
  }

  /** Have this in the place of what is there. */
  put({ prompt, attachments }: IWritten): void {
    this.prompt = prompt;
    this.attachments = attachments;
  }

  /** Have what was given back before what is there by now. */
  putBefore(returned: readonly IWritten[]): void {
    const all = [...returned, this.written];
    this.put({
      prompt: all.flatMap(({ prompt }) => prompt || []).join('\n\n'),
      attachments: all
        .flatMap(({ attachments }) => attachments)
        .reduce(withAttachment, [])
        .slice(0, MOST_ATTACHMENTS)
    });
  }

  clear(): void {
    this.put({ prompt: '', attachments: [] });
  }

  private _keep(key: string, value: string): void {
    const { storage } = this._options;
    try {
      if (value) {
        storage.setItem(key, value);
      } else {
        storage.removeItem(key);
      }
    } catch {
      storage.removeItem(key); // longer than a browser keeps: it does not survive a reload
    }
  }

  private readonly _options: IDraftOptions;
  private _prompt: string;
  private _attachments: readonly Attachment[];
  private readonly _promptChanged = new Signal<this, string>(this);
  private readonly _attachmentsChanged = new Signal<this, void>(this);
}
