/** Prompts that were sent and have not come back as messages yet. Knows nothing of sockets and pages. */

import { IWritten } from './draft';

export class InFlight {
  /** How many are on their way. */
  get count(): number {
    return this._sent.length;
  }

  send(written: IWritten): void {
    this._sent.push(written);
  }

  /** A message of the person here came: it is one of these, or was sent from another window. */
  arrive(prompt: string): void {
    if (!remove(this._doubtful, prompt) && !remove(this._sent, prompt)) {
      this._sent.shift();
    }
  }

  /** The connection was cut: nobody knows whether they arrived. */
  cut(): void {
    this._doubtful.push(...this.takeBack());
    this._settled = Infinity;
  }

  /** There is a connection again; what arrived before the cut has come by frame `seq`. */
  resume(seq: number): void {
    this._settled = seq;
  }

  /** Those that never arrived, as far as frame `seq` tells. */
  takeLost(seq: number): IWritten[] {
    return seq < this._settled ? [] : this._doubtful.splice(0);
  }

  /** All that are on their way, which are not awaited any more. */
  takeBack(): IWritten[] {
    return this._sent.splice(0);
  }

  private readonly _sent: IWritten[] = [];
  /** Sent over a connection that was cut. */
  private readonly _doubtful: IWritten[] = [];
  private _settled = Infinity;
}

function remove(sent: IWritten[], prompt: string): boolean {
  const at = sent.findIndex(written => written.prompt === prompt);
  if (at !== -1) {
    sent.splice(at, 1);
  }
  return at !== -1;
}
