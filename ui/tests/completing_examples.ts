/** What tests of completions are made of: a server at the other end of a WebSocket, and a clock. */

import { CompletionClient } from '../src/completing/client';
import type { Item, Question, ServerFrame, Status } from '../src/completing/wire';

export const STATUS: Status = {
  enabled: true,
  model: 'acme:fast',
  mode: 'model',
  name: 'fast',
  reason: null,
  fixed: false,
  providers: []
};

export function question(prefix: string, suffix = ''): Question {
  return { prefix, suffix, mime: 'text/x-python', language: 'python', trigger: 'automatic' };
}

/** What was asked for later, done when the test says so. */
export class Clock {
  readonly waiting: { milliseconds: number; callback: () => void }[] = [];

  readonly later = (milliseconds: number, callback: () => void): (() => void) => {
    const entry = { milliseconds, callback };
    this.waiting.push(entry);
    return () => this._remove(entry);
  };

  /** Do what waits. */
  strike(): void {
    for (const entry of [...this.waiting]) {
      this._remove(entry);
      entry.callback();
    }
  }

  private _remove(entry: (typeof this.waiting)[number]): void {
    const index = this.waiting.indexOf(entry);
    if (index >= 0) {
      this.waiting.splice(index, 1);
    }
  }
}

/** The server's end of a connection. */
export class Socket {
  readonly sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {}

  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** Answer a question, the last one by default. */
  reply(items: Item[], number = this.number, title?: string): void {
    const error = title === undefined ? null : { type: 'Error', title };
    this.say({ list: { items }, reply_to: number, error });
  }

  /** Stream what there is so far. */
  stream(insertText: string, done = false, token = 't', number = this.number): void {
    const response = { insertText, token, isIncomplete: !done };
    this.say({ type: 'stream', response, reply_to: number, done });
  }

  /** Of the last question. */
  get number(): number {
    return this.questions.at(-1)!.number as number;
  }

  get questions(): Record<string, unknown>[] {
    return this.sent.filter(frame => 'prefix' in frame);
  }
}

export const STREAMED: Item = { insertText: '', isIncomplete: true, token: 't', id: 'one' };

/** A client and its connections. */
export function clientOf(): { client: CompletionClient; clock: Clock; sockets: Socket[] } {
  const clock = new Clock();
  const sockets: Socket[] = [];
  const connect = () => {
    sockets.push(new Socket());
    return sockets.at(-1) as unknown as WebSocket;
  };
  return { client: new CompletionClient({ connect, later: clock.later }), clock, sockets };
}

/** A client that is connected. */
export function connected() {
  const { client, clock, sockets } = clientOf();
  client.open();
  sockets[0].onopen?.();
  return { client, clock, sockets, socket: sockets[0] };
}
