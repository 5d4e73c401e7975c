/** Asks the server for suggestions: what comes for a question, and nothing that comes too late. */

import { PromiseDelegate } from '@lumino/coreutils';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Connection, IConnectionOptions } from './connection';
import { Recent } from './recent';
import { Suggestion } from './suggestion';
import type { Chunk, ItemEvent, Question, Reply, ServerFrame, Status } from './wire';

interface IAsked {
  readonly key: string;
  readonly number: number;
  readonly question: Question;
  readonly answer: PromiseDelegate<Suggestion[]>;
  isSent: boolean;
}

interface IStreamed {
  readonly key: string;
  readonly streams: Map<string, Suggestion>;
}

export class CompletionClient implements IDisposable {
  constructor(options: Pick<IConnectionOptions, 'connect' | 'later'>) {
    this._connection = new Connection({
      ...options,
      receive: frame => this._receive(frame),
      changed: () => this._onConnection()
    });
  }

  /** What the server last said of the model; null if it has said nothing yet. */
  get status(): Status | null {
    return this._status;
  }

  /** Why the last question was answered by a failure; null otherwise. */
  get problem(): string | null {
    return this._problem;
  }

  get isLost(): boolean {
    return this._connection.isLost;
  }

  /** Emitted when one of the above has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when another model counts from now on: what is shown is of the last one. */
  get switched(): ISignal<this, void> {
    return this._switched;
  }

  get isDisposed(): boolean {
    return this._connection.isDisposed;
  }

  /** Have the connection there soon. */
  open(): void {
    this._connection.open();
  }

  /** Have the connection there at once, where it is lost. */
  retry(): void {
    if (this.isLost) {
      this._connection.retry();
    }
  }

  /** Suggestions for a question about document `key`; none if a newer one takes its place, or it is called off. */
  async ask(key: string, question: Question, signal?: AbortSignal): Promise<Suggestion[]> {
    if (signal?.aborted) {
      return [];
    }
    if (!this._connection.open()) {
      this._connection.hurry();
      return [];
    }
    const asked = {
      key,
      number: ++this._number,
      question,
      answer: new PromiseDelegate<Suggestion[]>(),
      isSent: false
    };
    // The server drops what is older when it sees the newer, or lets the newer have its answer.
    this._dropOlder(key);
    this._asked.set(asked.number, asked);
    this._send(asked);
    signal?.addEventListener('abort', () => this._cancel(asked.number), { once: true });
    return asked.answer.promise;
  }

  /** Let go of all that was asked. */
  forget(): void {
    for (const number of new Set([...this._asked.keys(), ...this._streamed.keys()])) {
      this._cancel(number);
    }
  }

  /** Tell the server what became of a suggestion, if it can be told now; what may be seen again is told once. */
  tell(event: ItemEvent): void {
    const key = `${event.event} ${event.item}`;
    if (isDone(event) || !this._told.has(key)) {
      if (this._connection.send({ type: 'event', ...event })) {
        this._told.add(key);
      }
    }
  }

  dispose(): void {
    this._connection.dispose();
    this._letGo();
    Signal.clearData(this);
  }

  private _send(asked: IAsked): void {
    const { number, question } = asked;
    asked.isSent = this._connection.send({ ...question, number, stream: true });
  }

  private _cancel(number: number): void {
    const asked = this._asked.get(number);
    if (asked?.isSent || this._streamed.has(number)) {
      this._connection.send({ type: 'cancel', number });
    }
    if (asked) {
      this._end(asked);
    }
    this._endStreams(number);
  }

  private _dropOlder(key: string): void {
    for (const asked of this._asked.values()) {
      if (asked.key === key) {
        this._end(asked);
      }
    }
    for (const [number, streamed] of this._streamed) {
      if (streamed.key === key) {
        this._endStreams(number);
      }
    }
  }

  private _endStreams(number: number): void {
    this._streamed.get(number)?.streams.forEach(suggestion => suggestion.end());
    this._streamed.delete(number);
  }

  private _end({ number, answer }: IAsked): void {
    this._asked.delete(number);
    answer.resolve([]);
  }

  private _onConnection(): void {
    if (this._connection.isOpen) {
      this._asked.forEach(asked => this._send(asked));
    } else {
      this._letGo();
    }
    this._changed.emit();
  }

  /** What was asked over a connection that is gone has no answer. */
  private _letGo(): void {
    this._asked.forEach(asked => this._end(asked));
    this._streamed.forEach((_, number) => this._endStreams(number));
  }

  private _receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'status':
        this._onStatus(frame);
        break;
      case 'stream':
        this._onChunk(frame);
        break;
      case 'error':
        this._setProblem(frame.reason);
        break;
      case undefined:
        this._onReply(frame);
    }
  }

  private _onReply({ reply_to, list, error }: Reply): void {
    const asked = this._asked.get(reply_to);
    if (asked === undefined) {
      return; // nobody waits for it any more
    }
    this._asked.delete(reply_to);
    this._setProblem(error?.title ?? null);
    const { prefix, suffix } = asked.question;
    const streams = new Map<string, Suggestion>();
    const suggestions = list.items.map(item => {
      const suggestion = new Suggestion({ key: asked.key, prefix, suffix }, item);
      if (!suggestion.isDone) {
        streams.set(item.token!, suggestion);
      }
      return suggestion;
    });
    if (streams.size > 0) {
      this._streamed.set(reply_to, { key: asked.key, streams });
    }
    asked.answer.resolve(suggestions);
  }

  private _onChunk(chunk: Chunk): void {
    const streams = this._streamed.get(chunk.reply_to)?.streams;
    const token = chunk.response.token ?? '';
    streams?.get(token)?.grow(chunk);
    if (chunk.error) {
      this._setProblem(chunk.error.title);
    }
    if (chunk.done && streams?.delete(token) && streams.size === 0) {
      this._streamed.delete(chunk.reply_to);
    }
  }

  private _onStatus(status: Status): void {
    const last = this._status;
    this._status = status;
    this._problem = null;
    if (last !== null && modelOf(last) !== modelOf(status)) {
      this.forget();
      this._switched.emit();
    }
    this._changed.emit();
  }

  private _setProblem(problem: string | null): void {
    if (problem !== this._problem) {
      this._problem = problem;
      this._changed.emit();
    }
  }

  private readonly _connection: Connection;
  private readonly _asked = new Map<number, IAsked>();
  /** What is still growing, by the number of the question, then by token. */
  private readonly _streamed = new Map<number, IStreamed>();
  /** Events with the ids of their suggestions: the server may give the same again. */
  private readonly _told = new Recent();
  private _number = 0;
  private _status: Status | null = null;
  private _problem: string | null = null;
  private _changed = new Signal<this, void>(this);
  private _switched = new Signal<this, void>(this);
}

/** Whether somebody did it, who may do it again with the same suggestion. */
function isDone({ event }: ItemEvent): boolean {
  return event === 'accepted' || event === 'accepted-partly' || event === 'edited';
}

/** Whose suggestions they are; in automatic mode the model may be another one each time. */
function modelOf({ enabled, mode, model }: Status): string {
  return `${enabled} ${mode} ${mode === 'auto' ? '' : model}`;
}
