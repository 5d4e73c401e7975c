/** How often a text that grows is rendered again. */

const PAUSE = 80; // ms between two looks at the text, at least
const SHARE = 4; // times as long as the last look took: what is rendered again takes a fifth of the page's time at most
const LONGEST = 3000; // ms that a reader waits for more of a block that takes long

/** How long to wait (ms) after a look that took `cost` ms; the longer it took, the smaller its share of the time. */
export function pauseAfter(cost: number): number {
  return Math.max(PAUSE, cost * SHARE, Math.min(LONGEST, (cost * cost) / 10));
}
