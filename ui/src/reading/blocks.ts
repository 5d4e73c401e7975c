/** Cuts a growing Markdown text into blocks that nothing which comes later can change, and the rest. */

import { Lexer, Token, Tokens } from 'marked';

/** What one more look at the text tells. */
export interface Blocks {
  /** Blocks that are settled since the last look. */
  readonly settled: string[];
  /** What is not settled yet. */
  readonly tail: string;
  /** The tail's code, if it is a fenced block that is still open. */
  readonly code: string | null;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})[^\n]*(\n|$)/;
const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));

/**
 * Sans I/O: give it the whole text each time; it looks only at what was not settled before, so that the cost of a
 * look does not grow with the length of what is settled.
 */
export class BlockSplitter {
  /** How much of the text is settled. */
  get settledLength(): number {
    return this._settled;
  }

  look(text: string, isComplete: boolean): Blocks {
    const rest = text.slice(this._settled);
    if (isComplete) {
      this._settled = text.length;
      return { settled: rest.trim() ? blocks(rest) : [], tail: '', code: null };
    }
    const open = openCode(rest);
    if (open !== null) {
      return { settled: [], tail: rest, code: open };
    }
    const settled = blocks(decided(rest)).slice(0, -1);
    this._settled += settled.join('').length;
    const tail = text.slice(this._settled);
    return { settled, tail, code: openCode(tail) };
  }

  reset(): void {
    this._settled = 0;
  }

  private _settled = 0;
}

/**
 * What can be told of: the lines that have ended. How a line begins tells what it is, and whether it goes on with the
 * block before it, but "2" may become "2." yet. A letter after an empty line begins a paragraph, come what may.
 */
function decided(text: string): string {
  const line = text.lastIndexOf('\n') + 1;
  return /\n[ \t]*\r?\n$/.test(text.slice(0, line)) && /^\p{L}/u.test(text.slice(line))
    ? text
    : text.slice(0, line);
}

/** The top-level blocks; joined they are the text. */
function blocks(text: string): string[] {
  const found: string[] = [];
  let depth = 0; // of HTML elements that are open
  let isContinued = false;
  for (const { type, raw } of lex(text)) {
    const isPart = isContinued || type === 'space' || type === 'def';
    if (isPart && found.length > 0) {
      found[found.length - 1] += raw;
    } else {
      found.push(raw);
    }
    if (type === 'html') {
      depth = Math.max(0, depth + opened(raw));
    }
    isContinued = depth > 0 || (type !== 'code' && hasOpenFormula(found[found.length - 1]));
  }
  return found;
}

/** The top-level tokens, with the ends of lines as the text has them. */
function lex(text: string): Pick<Token, 'type' | 'raw'>[] {
  const plain = text.replace(/\r\n?/g, '\n');
  const tokens = new Lexer({ gfm: true }).blockTokens(plain, []);
  if (tokens.map(token => token.raw).join('').length !== plain.length) {
    return [{ type: 'paragraph', raw: text }];
  }
  if (plain === text) {
    return tokens;
  }
  let end = 0;
  return tokens.map(({ type, raw }) => {
    const start = end;
    for (let i = 0; i < raw.length; i++) {
      end += text.startsWith('\r\n', end) ? 2 : 1;
    }
    return { type, raw: text.slice(start, end) };
  });
}

/** Whether a formula that stands by itself has no end yet. Its lines may look like lists; an empty one ends it. */
function hasOpenFormula(text: string): boolean {
  const last = text.split(/\n[ \t]*\r?\n/).pop()!;
  const count = (mark: RegExp): number => last.match(mark)?.length ?? 0;
  return count(/\$\$/g) % 2 === 1 || count(/\\begin\{/g) > count(/\\end\{/g);
}

/** How many more elements a piece of HTML opens than it closes. */
function opened(html: string): number {
  let depth = 0;
  for (const [, closing, name, self] of html.matchAll(
    /<(\/?)([a-z][\w-]*)(?:"[^"]*"|'[^']*'|[^"'>])*?(\/?)>/gi
  )) {
    if (closing) {
      depth--;
    } else if (!self && !VOID.has(name.toLowerCase())) {
      depth++;
    }
  }
  return depth;
}

/** The code of a block that is a fenced block and nothing else; null if it is anything else. */
export function codeOf(block: string): string | null {
  const [first, ...others] = new Lexer({ gfm: true }).blockTokens(block.replace(/^\n+/, ''), []);
  const isCode = first?.type === 'code' && others.every(token => token.type === 'space');
  return isCode ? (first as Tokens.Code).text : null;
}

/** The code of a fenced block that is not closed; null if the text is anything else. */
function openCode(text: string): string | null {
  const start = text.replace(/\r\n?/g, '\n').replace(/^\n+/, '');
  const fence = FENCE.exec(start);
  if (fence === null || fence[2] === '') {
    return null;
  }
  const code = start.slice(fence[0].length);
  const mark = fence[1];
  const end = new RegExp(`(^|\\n) {0,3}${mark[0]}{${mark.length},}[ \\t]*(\\n|$)`);
  return end.test(code) ? null : code;
}
