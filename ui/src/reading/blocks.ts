/** Cuts a growing Markdown text into blocks that nothing which comes later can change, and the rest. */

import { Lexer, Token } from 'marked';

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
    const found = blocks(rest);
    const tail = found.pop() ?? '';
    this._settled = text.length - tail.length;
    return { settled: found, tail, code: openCode(tail) };
  }

  reset(): void {
    this._settled = 0;
  }

  private _settled = 0;
}

/** The top-level blocks; joined they are the text. */
function blocks(text: string): string[] {
  const found: string[] = [];
  let depth = 0; // of HTML elements that are open
  let isContinued = false;
  for (const token of lex(text)) {
    const isPart = isContinued || token.type === 'space' || token.type === 'def';
    if (isPart && found.length > 0) {
      found[found.length - 1] += token.raw;
    } else {
      found.push(token.raw);
    }
    if (token.type === 'html') {
      depth = Math.max(0, depth + opened(token.raw));
    }
    isContinued = depth > 0;
  }
  return found;
}

function lex(text: string): Token[] {
  const tokens = new Lexer({ gfm: true }).blockTokens(text.replace(/\r\n?/g, '\n'), []);
  return tokens.map(token => token.raw).join('').length === text.length
    ? tokens
    : [{ type: 'paragraph', raw: text } as Token];
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
  return isCode && 'text' in first ? first.text : null;
}

/** The code of a fenced block that is not closed; null if the text is anything else. */
function openCode(text: string): string | null {
  const start = text.replace(/^\n+/, '');
  const fence = FENCE.exec(start);
  if (fence === null || fence[2] === '') {
    return null;
  }
  const code = start.slice(fence[0].length);
  const mark = fence[1];
  const end = new RegExp(`(^|\\n) {0,3}${mark[0]}{${mark.length},}[ \\t]*(\\n|$)`);
  return end.test(code) ? null : code;
}
