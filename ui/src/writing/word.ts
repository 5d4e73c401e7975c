/** The word at the cursor: between white space, of which what is quoted or follows a backslash is no part. */

export interface IWord {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Whether nothing but white space is before it. */
  readonly isStart: boolean;
}

/** A quoted argument, as of `@file:"a b.py"`, goes on to its line's end until it is closed. */
const WORD = /(?:@[^\s:"']+:(?:"[^"\n]*"?|'[^'\n]*'?)|\\[^]|[^ \n\t])+/g;

export function wordAt(text: string, cursor: number): IWord {
  const found = [...text.matchAll(WORD)].find(
    ({ index, 0: word }) => index <= cursor && cursor <= index + word.length
  );
  const start = found?.index ?? cursor;
  const word = found?.[0] ?? '';
  return {
    start,
    end: start + word.length,
    text: word,
    isStart: text.slice(0, start).trim() === ''
  };
}
