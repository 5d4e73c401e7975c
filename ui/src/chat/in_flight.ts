/** Prompts that were sent and have not come back as messages yet. Knows nothing of sockets and pages. */

export class InFlight {
  /** How many are on their way. */
  get count(): number {
    return this._sent.length;
  }

  send(prompt: string): void {
    this._sent.push(prompt);
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
  takeLost(seq: number): string[] {
    return seq < this._settled ? [] : this._doubtful.splice(0);
  }

  /** All that are on their way, which are not awaited any more. */
  takeBack(): string[] {
    return this._sent.splice(0);
  }

  private readonly _sent: string[] = [];
  /** Sent over a connection that was cut. */
  private readonly _doubtful: string[] = [];
  private _settled = Infinity;
}

function remove(prompts: string[], prompt: string): boolean {
  const at = prompts.indexOf(prompt);
  if (at !== -1) {
    prompts.splice(at, 1);
  }
  return at !== -1;
}
