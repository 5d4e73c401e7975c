/** The word at the cursor: between white space, of which what follows a backslash is no part. */

export interface IWord {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Whether nothing but white space is before it. */
  readonly isStart: boolean;
}

export function wordAt(text: string, cursor: number): IWord {
  const isGap = (index: number) => /[ \n\t]/.test(text[index]) && text[index - 1] !== '\\';
  let start = cursor;
  while (start > 0 && !isGap(start - 1)) {
    start--;
  }
  let end = cursor;
  while (end < text.length && !isGap(end)) {
    end++;
  }
  return {
    start,
    end,
    text: text.slice(start, end),
    isStart: text.slice(0, start).trim() === ''
  };
}

/** A path as a word of a prompt. */
export function asWord(path: string): string {
  return path.replace(/[ \n\t]/g, '\\$&');
}
