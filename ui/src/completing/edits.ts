/** How far an accepted suggestion was edited since: a number, worked out here, so that no text is sent. */

const MOST_COMPARED = 2000; // characters on each side: a few milliseconds

/** A change of a text, as shared models tell it. */
export type Delta = readonly {
  readonly retain?: number;
  readonly insert?: unknown;
  readonly delete?: number;
}[];

export interface IRange {
  readonly start: number;
  readonly end: number;
}

/** Where a range is after a change; what is inserted at its edges does not belong to it. */
export function moved({ start, end }: IRange, delta: Delta): IRange {
  let at = 0;
  for (const change of delta) {
    if (change.retain !== undefined) {
      at += change.retain;
    } else if (change.insert !== undefined) {
      const length = lengthOf(change.insert);
      start += at <= start ? length : 0;
      end += at < end ? length : 0;
      at += length;
    } else {
      const gone = change.delete ?? 0;
      start -= Math.max(0, Math.min(gone, start - at));
      end -= Math.max(0, Math.min(gone, end - at));
    }
  }
  return { start, end: Math.max(start, end) };
}

/** How many characters must be inserted, removed or changed to make one text of the other; of long texts, those of their beginnings that differ. */
export function editDistance(one: string, other: string): number {
  const [a, b] = trimmed(one, other);
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++) {
      row.push(Math.min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] === b[j] ? 0 : 1)));
    }
    last = row;
  }
  return last[b.length];
}

/** Without the beginning and the end that they share. */
function trimmed(a: string, b: string): [string, string] {
  let start = 0;
  while (start < a.length && a[start] === b[start]) {
    start++;
  }
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const cut = (text: string, end: number) =>
    text.slice(start, Math.min(end, start + MOST_COMPARED));
  return [cut(a, endA), cut(b, endB)];
}

function lengthOf(insert: unknown): number {
  return typeof insert === 'string' ? insert.length : 1;
}
