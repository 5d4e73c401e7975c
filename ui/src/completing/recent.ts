/** What was seen lately: as much of it as is kept. */

/** Beyond it the oldest is forgotten. */
const KEPT = 1000;

export class Recent {
  has(key: string): boolean {
    return this._keys.has(key);
  }

  /** Keep it; false if it was there. */
  add(key: string): boolean {
    if (this._keys.has(key)) {
      return false;
    }
    this._keys.add(key);
    if (this._keys.size > KEPT) {
      this._keys.delete(this._keys.values().next().value!);
    }
    return true;
  }

  private readonly _keys = new Set<string>();
}
