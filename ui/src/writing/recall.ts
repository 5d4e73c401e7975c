/** Brings back what was sent before, one by one, and at the end what was being typed. */

export class Recall {
  /** `prompts` are those sent, the oldest first. */
  constructor(prompts: () => readonly string[]) {
    this._prompts = prompts;
  }

  /** Whether `text` is what was brought back, untouched. */
  isShown(text: string): boolean {
    return this._back > 0 && text === this._shown;
  }

  /** The one before, in the place of `text`; null if there is none. */
  back(text: string): string | null {
    if (!this.isShown(text)) {
      this._begin(text);
    }
    return this._show(this._back + 1);
  }

  /** The one after, or at last what was typed; null if nothing was brought back. */
  forward(text: string): string | null {
    return this.isShown(text) ? this._show(this._back - 1) : null;
  }

  private _begin(text: string): void {
    // What is sent meanwhile by another window must not shift them.
    this._list = this._prompts().filter((prompt, i, all) => prompt !== all[i + 1]);
    this._typed = text;
    this._back = 0;
  }

  private _show(back: number): string | null {
    if (back > this._list.length) {
      return null;
    }
    this._back = back;
    this._shown = back === 0 ? this._typed : this._list[this._list.length - back];
    return this._shown;
  }

  private readonly _prompts: () => readonly string[];
  private _list: readonly string[] = [];
  private _typed = '';
  private _shown = '';
  /** How many prompts back `_shown` is; 0: none. */
  private _back = 0;
}

/** Whether an arrow that goes up has no line to go to. */
export function isOnFirstLine(text: string, cursor: number): boolean {
  return !text.slice(0, cursor).includes('\n');
}

/** Whether an arrow that goes down has no line to go to. */
export function isOnLastLine(text: string, cursor: number): boolean {
  return !text.slice(cursor).includes('\n');
}

/** The end of the first line. */
export function endOfFirstLine(text: string): number {
  const end = text.indexOf('\n');
  return end === -1 ? text.length : end;
}
