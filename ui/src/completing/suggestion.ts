/** A text that was suggested at a place; it may still be growing, and one may type into it. */

import { PromiseDelegate } from '@lumino/coreutils';

import type { Chunk, Item } from './wire';

/** A cursor: the text before it and after it, in the document or the cell that `key` names. */
export interface ICursor {
  readonly key: string;
  readonly prefix: string;
  readonly suffix: string;
}

export class Suggestion {
  constructor(
    private _at: ICursor,
    item: Item
  ) {
    this.id = item.id ?? '';
    this._text = item.insertText;
    this._filterText = item.filterText ?? null;
    this._isDone = !item.isIncomplete || !item.token;
  }

  /** By which the server knows it. */
  readonly id: string;

  /** All of it so far. */
  get text(): string {
    return this._text;
  }

  /** All of it so far, from the beginning of its first line. */
  get lines(): string {
    return lastLine(this._at.prefix) + this._text;
  }

  get isDone(): boolean {
    return this._isDone;
  }

  /** Why it ended too early. */
  get problem(): string | null {
    return this._problem;
  }

  /** Take a chunk of its stream. */
  grow({ response, done, error }: Chunk): void {
    this._text = response.insertText;
    this._filterText = response.filterText ?? this._filterText;
    this._problem = error?.title ?? null;
    this._isDone = done;
    this._wake();
  }

  /** Nothing more will come. */
  end(): void {
    if (!this._isDone) {
      this._isDone = true;
      this._wake();
    }
  }

  /** Wait until something is left at a cursor; false if nothing will be. */
  async begun(at: ICursor): Promise<boolean> {
    while (this.rest(at) === '' && !this._isDone) {
      await this._next.promise;
    }
    return Boolean(this.rest(at));
  }

  /** Wait until nothing more will come. */
  async ended(): Promise<void> {
    while (!this._isDone) {
      await this._next.promise;
    }
  }

  /** What is left of it at another cursor, "" if nothing is yet or any more; null where it does not fit. */
  rest(at: ICursor): string | null {
    const typed = this._typed(at);
    return typed !== null && this._fits(typed) ? this._text.slice(typed.length) : null;
  }

  /** What is left of its `filterText`; undefined if it has none. */
  filterRest(at: ICursor): string | undefined {
    return this._filterText?.slice(this._typed(at)?.length);
  }

  /** What is left at a cursor that may move, whenever there is more, to the end of the stream or until it does not fit. */
  async *follow(cursor: () => ICursor | null): AsyncGenerator<string> {
    let seen = '';
    for (;;) {
      if (this._text !== seen) {
        seen = this._text;
        const at = cursor();
        const rest = at && this.rest(at);
        if (rest === null) {
          return;
        }
        if (rest) {
          yield rest;
        }
      } else if (this._isDone) {
        return;
      } else {
        await this._next.promise;
      }
    }
  }

  /** Stand where a cursor is now, since others changed the document; nothing where they did in the same line. */
  move(cursor: ICursor): void {
    const { key, prefix, suffix } = this._at;
    const line = lastLine(prefix);
    if (cursor.key !== key || firstLine(cursor.suffix) !== firstLine(suffix)) {
      return;
    }
    // One may have typed into its next lines.
    for (
      let lines = this._text.split('\n').length, end = cursor.prefix.length;
      lines > 0;
      lines--
    ) {
      const start = cursor.prefix.lastIndexOf('\n', end - 1) + 1;
      const at = start + line.length;
      if (cursor.prefix.startsWith(line, start) && this._fits(cursor.prefix.slice(at))) {
        this._at = { key, prefix: cursor.prefix.slice(0, at), suffix: cursor.suffix };
        return;
      }
      if (start === 0) {
        return;
      }
      end = start - 1;
    }
  }

  /** What was typed since it was asked for; null if something else was done. */
  private _typed({ key, prefix, suffix }: ICursor): string | null {
    const { _at: at } = this;
    return key === at.key && suffix === at.suffix && prefix.startsWith(at.prefix)
      ? prefix.slice(at.prefix.length)
      : null;
  }

  private _fits(typed: string): boolean {
    return (
      (this._filterText ?? this._text).startsWith(typed) ||
      (!this._isDone && typed.startsWith(this._text))
    );
  }

  private _wake(): void {
    const next = this._next;
    this._next = new PromiseDelegate();
    next.resolve();
  }

  private _text: string;
  private _filterText: string | null;
  private _problem: string | null = null;
  private _isDone: boolean;
  private _next = new PromiseDelegate<void>();
}

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}

function firstLine(text: string): string {
  return text.slice(0, (text.indexOf('\n') + 1 || Infinity) - 1);
}
