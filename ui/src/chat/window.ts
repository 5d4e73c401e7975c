/** Which messages of a long chat are shown: the newest, and earlier ones when they are asked for. */

const ROOM = 100; // messages; thousands at once would take a page minutes to draw, and seconds for each letter typed

export class Window<T extends { readonly id: string }> {
  constructor(room = ROOM) {
    this._room = room;
  }

  /** Those that are shown: from where it began to the end, so that nothing goes from under a reader. */
  of(messages: readonly T[]): readonly T[] {
    let from = messages.findIndex(message => message.id === this._first);
    if (from === -1) {
      from = Math.max(0, messages.length - this._room);
      this._first = messages[from]?.id ?? null;
    }
    this._hidden = from;
    return from === 0 ? messages : messages.slice(from);
  }

  /** How many earlier ones there are. */
  get hidden(): number {
    return this._hidden;
  }

  /** Show as many more. */
  more(messages: readonly T[]): void {
    this._first = messages[Math.max(0, this._hidden - this._room)]?.id ?? null;
  }

  private readonly _room: number;
  private _first: string | null = null;
  private _hidden = 0;
}
