/** A code block in no colours that grows. */

const PIECE = 4000; // characters of a part that is laid out by itself, so that a page need not be laid out from its start

export class PlainCode {
  constructor() {
    this.node.className = 'jp-RenderedHTMLCommon jp-RenderedMarkdown';
    const pre = document.createElement('pre');
    pre.append(this._code);
    this.node.append(pre);
  }

  readonly node = document.createElement('div');

  /** Show this, which begins with what is shown; false if it does not. */
  show(text: string): boolean {
    if (!text.startsWith(this._text)) {
      return false;
    }
    for (const part of pieces(text.slice(this._text.length), this._room)) {
      this._append(part);
    }
    this._text = text;
    return true;
  }

  private get _room(): number {
    return this._last === null ? 0 : PIECE - this._last.length;
  }

  private _append(text: string): void {
    if (this._last === null || (this._room <= 0 && this._last.data.endsWith('\n'))) {
      const piece = document.createElement('span');
      piece.className = 'jp-ai-code-piece';
      this._last = document.createTextNode('');
      piece.append(this._last);
      this._code.append(piece);
    }
    this._last.appendData(text);
  }

  private readonly _code = document.createElement('code');
  private _text = '';
  private _last: Text | null = null;
}

/** Parts of a text that end with lines: the first fills the room, the others have the size of a piece. */
function* pieces(text: string, room: number): Iterable<string> {
  let begin = 0;
  let size = Math.max(0, room);
  while (begin < text.length) {
    const end = text.indexOf('\n', Math.min(begin + size, text.length - 1));
    const next = end === -1 ? text.length : end + 1;
    yield text.slice(begin, next);
    begin = next;
    size = PIECE;
  }
}
