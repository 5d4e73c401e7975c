/** What one may ask about in an editor: the suggestion that was shown or accepted there last. */

import type { Suggestion } from './suggestion';

/** So long one may ask about what was shown and went, as with the click that opens a menu. */
export const REMEMBERED = 60_000; // ms

export class Subjects {
  /** `now` tells milliseconds since whenever. */
  constructor(private readonly _now: () => number) {}

  /** Note that a suggestion is to be seen. */
  show(editor: object, suggestion: Suggestion): void {
    this._shown.set(editor, { suggestion, time: this._now() });
  }

  /** Note that a suggestion was taken. */
  accept(editor: object, suggestion: Suggestion): void {
    this._accepted.set(editor, suggestion);
  }

  /** The suggestion, with the line in which it begins; null if there is none. */
  of(editor: object): string | null {
    const shown = this._shown.get(editor);
    const isFresh = shown !== undefined && this._now() - shown.time < REMEMBERED;
    return (isFresh ? shown.suggestion : this._accepted.get(editor))?.lines ?? null;
  }

  private readonly _shown = new WeakMap<object, { suggestion: Suggestion; time: number }>();
  private readonly _accepted = new WeakMap<object, Suggestion>();
}
