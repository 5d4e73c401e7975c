/** What of a document goes to the server. */

/** Characters before and after the cursor that are sent at most. */
const MOST_BEFORE = 100_000;
const MOST_AFTER = 20_000;
/** In a long document the beginning of what is sent moves this far at a time: the server knows by it what was typed since. */
const STEP = 20_000;

/** The text around a cursor, cut at the ends of lines where it is long. */
export function around(text: string, cursor: number): { prefix: string; suffix: string } {
  const end = cursor + MOST_AFTER;
  const lastEnd = text.lastIndexOf('\n', end);
  return {
    prefix: text.slice(startOf(text, cursor), cursor),
    suffix: text.slice(cursor, end >= text.length ? undefined : lastEnd > cursor ? lastEnd : end)
  };
}

function startOf(text: string, cursor: number): number {
  if (cursor <= MOST_BEFORE) {
    return 0;
  }
  const start = Math.ceil((cursor - MOST_BEFORE) / STEP) * STEP;
  const line = text.indexOf('\n', start) + 1;
  return line > 0 && line <= cursor ? line : start;
}

/** Whether there is nothing before the cursor in its line. */
export function beginsLine(prefix: string): boolean {
  return prefix.slice(prefix.lastIndexOf('\n') + 1).trim() === '';
}

/** Whether one writes at the end of a line: only what closes something follows. */
export function endsLine(suffix: string): boolean {
  return /^[\s)\]}'"`:;,]*$/.test(suffix.slice(0, (suffix.indexOf('\n') + 1 || Infinity) - 1));
}
