/** A chat that is open: its transcript, its connection, and what the person here does in it. */

import { ServerConnection } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { Attachment, IChat, IChatMessage, Selection } from 'jupyter-ai-tokens';

import { ChatConnection, ConnectionState } from '../wire/connection';
import { ErrorFrame, PendingFrame, RequestFrame, ServerFrame } from '../wire/frames';
import { Change, Transcript } from '../wire/transcript';
import { Draft, IWritten } from './draft';
import { InFlight } from './in_flight';

const FOCUS_MOMENT = 1000; // ms that a view may take to be drawn
const GONE = 'not-found'; // what was to be stopped or cleared is not there any more

export interface ISessionOptions {
  readonly id: string;
  readonly title: string;
  readonly settings: ServerConnection.ISettings;
  /** The name by which the server knows the person here. */
  readonly username: string;
  readonly trans: TranslationBundle;
  /** Why no connection could be made, or null if it is worth another try. */
  explain(): Promise<string | null>;
  /** The path of the notebook that is open, below the server's root. */
  notebook?(): string | null;
  /** Told when the server behind the connection is another one than before. */
  onRestart?(): void;
}

export class ChatSession implements IChat, IDisposable {
  constructor(options: ISessionOptions) {
    this.id = options.id;
    this._title = options.title;
    this._username = options.username;
    this._trans = options.trans;
    this._onRestart = () => options.onRestart?.();
    this._notebook = () => options.notebook?.() ?? null;
    this.writing = new Draft({
      storage: localStorage,
      keys: { prompt: this._key('draft'), attachments: this._key('attachments') }
    });
    this._connection = new ChatConnection({
      chatId: options.id,
      settings: options.settings,
      position: () => this._transcript,
      receive: frame => this._receive(frame),
      explain: () => options.explain()
    });
    this._connection.stateChanged.connect(this._onState, this);
  }

  readonly id: string;

  /** What is being written. */
  readonly writing: Draft;

  get title(): string {
    return this._title;
  }
  set title(title: string) {
    this._title = title;
    this._changed.emit();
  }

  get messages(): readonly IChatMessage[] {
    return this._transcript.messages;
  }

  get pending(): readonly PendingFrame[] {
    return this._transcript.pending;
  }

  find(id: string): IChatMessage | undefined {
    return this._transcript.find(id);
  }

  /** Whether this message was sent by the person here. */
  isMine(message: IChatMessage): boolean {
    return message.type === 'human' && message.metadata.username === this._username;
  }

  /** The last message that the person here sent. */
  get lastOfMine(): IChatMessage | undefined {
    return this.messages.findLast(message => this.isMine(message));
  }

  get busy(): boolean {
    return this._busy;
  }

  get state(): ConnectionState {
    return this._connection.state;
  }

  /** Why the connection is refused: words, or a WebSocket's close code. */
  get reason(): string | number | null {
    return this._connection.reason;
  }

  /** What the server last refused to take, until it is dismissed. */
  get notice(): string | null {
    return this._notice;
  }
  set notice(notice: string | null) {
    this._notice = notice;
    this._changed.emit();
  }

  /** The message of the person here that the next prompt takes the place of. */
  get editing(): string | null {
    return this._editing;
  }

  /** Anything changed but the text of messages and the draft. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Messages came, went, or were taken up anew after a connection was lost. */
  get messagesChanged(): ISignal<this, Change> {
    return this._messagesChanged;
  }

  /** One message changed; also emitted for each that `messagesChanged` names as updated. */
  get messageChanged(): ISignal<this, IChatMessage> {
    return this._messageChanged;
  }

  /** Who answers what is addressed to nobody, "" for the default; null until the server has told. */
  get persona(): string | null {
    return this._persona;
  }

  get draft(): string {
    return this.writing.prompt;
  }
  set draft(draft: string) {
    this.writing.prompt = draft;
  }

  /** Emitted when the cursor is wanted where one types. */
  get focusWanted(): ISignal<this, void> {
    return this._focusWanted;
  }

  /** What sends the draft; the view that is shown puts it here, and sends along what it shows. */
  submit: () => void = () => {
    if (this.send(this.draft.trim(), null, this.writing.attachments)) {
      this.writing.clear();
    }
  };

  /** Emitted when the person here sent something. */
  get sent(): ISignal<this, void> {
    return this._sent;
  }

  /** Until when (seconds since the epoch) the person has read this chat. */
  get readUntil(): number {
    return Number(localStorage.getItem(this._key('read')) ?? 0);
  }

  /** Whether there are replies that were not on the screen yet. */
  get unread(): boolean {
    const last = this.messages.at(-1);
    return (
      last?.type === 'agent' &&
      last.complete &&
      last.time > this.readUntil &&
      // A greeting answers nobody.
      this.messages.some(message => message.type === 'human')
    );
  }

  /** All that is there is read. */
  markRead(): void {
    const last = this.messages.at(-1);
    if (last !== undefined && last.time > this.readUntil) {
      localStorage.setItem(this._key('read'), String(last.time));
      this._changed.emit();
    }
  }

  focus(): void {
    this._focusedAt = performance.now();
    this._focusWanted.emit();
  }

  /** Whether the focus was wanted a moment ago, by when there may have been no view to take it. */
  get isFocusWanted(): boolean {
    return performance.now() - this._focusedAt < FOCUS_MOMENT;
  }

  send(
    prompt: string,
    selection?: Selection | null,
    attachments: readonly Attachment[] = []
  ): boolean {
    return this._send({ prompt, selection, attachments, notebook: this._notebook() });
  }

  stop(target?: string): void {
    this._connection.send(target === undefined ? { type: 'stop' } : { type: 'stop', target });
  }

  clear(target?: string): void {
    this._connection.send(target === undefined ? { type: 'clear' } : { type: 'clear', target });
  }

  /** Ask again what message `id` of the person here asked; the old exchange goes. */
  retry(id: string): void {
    const message = this.find(id);
    if (message?.prompt !== undefined) {
      const { prompt, selection, attachments = [], notebook } = message;
      this._editing = id;
      this._send({ prompt, selection, attachments, notebook });
    }
  }

  /** Put the prompt of message `id` where one types; what is sent next takes its place. */
  edit(id: string): void {
    const message = this.find(id);
    if (message?.prompt !== undefined) {
      this._writtenBefore = this._editing === null ? this.writing.written : this._writtenBefore;
      this._editing = id;
      this.writing.put({ prompt: message.prompt, attachments: message.attachments ?? [] });
      this._changed.emit();
      this.focus();
    }
  }

  /** What is sent next is a message of its own again, and what was being typed before is back. */
  cancelEdit(): void {
    if (this._editing !== null) {
      this._editing = null;
      this.writing.put(this._writtenBefore);
      this._changed.emit();
    }
  }

  /** Try to connect now. */
  reconnect(): void {
    this._connection.retry();
  }

  get isDisposed(): boolean {
    return this._connection.isDisposed;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._connection.dispose();
      Signal.clearData(this);
    }
  }

  /** What is edited goes, and this takes its place. */
  private _send(request: {
    prompt: string;
    selection?: Selection | null;
    attachments: readonly Attachment[];
    notebook?: string | null;
  }): boolean {
    const { prompt, selection, attachments, notebook } = request;
    if (!prompt.trim() && attachments.length === 0) {
      return false;
    }
    if (this._editing !== null && this.find(this._editing)) {
      this._connection.send({ type: 'clear', target: this._editing });
    }
    const frame: RequestFrame = {
      prompt,
      ...(selection ? { selection } : {}),
      ...(attachments.length > 0 ? { attachments } : {}),
      ...(notebook ? { notebook } : {})
    };
    const isSent = this._connection.send(frame);
    if (isSent) {
      this._inFlight.send({ prompt, attachments });
      this._editing = null;
      this._notice = null;
      this._update();
      this._sent.emit();
    }
    return isSent;
  }

  private _receive(frame: ServerFrame): void {
    if (frame.type === 'error') {
      this._onRefusal(frame);
      return;
    }
    if (frame.type === 'persona') {
      this._persona = frame.name;
      this._changed.emit();
      return;
    }
    const { epoch } = this._transcript;
    const change =
      frame.type === 'connection' ? this._transcript.connect(frame) : this._transcript.take(frame);
    if (frame.type === 'connection') {
      this._inFlight.resume(frame.seq);
    }
    this._noteArrived(change.added);
    if (this._editing !== null && change.removed.includes(this._editing)) {
      this._editing = null; // another window was quicker; what is typed stays
    }
    if (epoch !== '' && epoch !== this._transcript.epoch) {
      this._onRestart();
    }
    if (change.added.length > 0 || change.removed.length > 0) {
      this._messagesChanged.emit(change);
    }
    for (const id of change.updated) {
      const message = this.find(id);
      if (message !== undefined) {
        this._messageChanged.emit(message);
      }
    }
    if (frame.type !== 'agent-stream-chunk' || frame.stream_complete) {
      this._update();
    }
  }

  /** Somebody was quicker to clear or stop what is gone; all else is told. */
  private _onRefusal({ code, reason }: ErrorFrame): void {
    if (code !== GONE) {
      this.writing.putBefore(this._inFlight.takeBack());
      this._notice = reason;
      this._update();
    }
  }

  private _noteArrived(added: readonly string[]): void {
    for (const id of added) {
      const message = this.find(id);
      if (message !== undefined && this.isMine(message)) {
        this._inFlight.arrive(message.prompt!);
      }
    }
    const lost = this._inFlight.takeLost(this._transcript.seq);
    if (lost.length > 0) {
      this.writing.putBefore(lost);
      this._notice = this._trans.__(
        'What you sent last did not reach the server. It is where you wrote it; send it again.'
      );
    }
  }

  private _onState(): void {
    if (this.state !== 'connected') {
      this._inFlight.cut();
    }
    this._update();
  }

  private _update(): void {
    this._busy = this._inFlight.count > 0 || this._isAnswerAwaited();
    this._changed.emit();
  }

  private _isAnswerAwaited(): boolean {
    const awaited = new Set<string>();
    for (const message of this.messages) {
      if (this.isMine(message)) {
        awaited.add(message.id);
      } else if (message.type === 'agent' && message.complete) {
        awaited.delete(message.replyTo);
      }
    }
    const working = [
      ...this.pending.map(pending => pending.reply_to),
      ...this.messages.filter(message => !message.complete).map(message => message.replyTo)
    ];
    return awaited.size > 0 || working.some(id => this._isOfMine(id));
  }

  private _isOfMine(id: string): boolean {
    const message = this.find(id);
    return message !== undefined && this.isMine(message);
  }

  private _key(what: string): string {
    return `jupyter-ai:${what}:${this.id}`;
  }

  private readonly _username: string;
  private readonly _trans: TranslationBundle;
  private readonly _transcript = new Transcript();
  private readonly _connection: ChatConnection;
  private readonly _onRestart: () => void;
  private readonly _notebook: () => string | null;
  private _title: string;
  private _busy = false;
  private _focusedAt = -Infinity;
  private _notice: string | null = null;
  private _editing: string | null = null;
  private readonly _inFlight = new InFlight();
  private _writtenBefore: IWritten = { prompt: '', attachments: [] };
  private _persona: string | null = null;
  private _changed = new Signal<this, void>(this);
  private _messagesChanged = new Signal<this, Change>(this);
  private _messageChanged = new Signal<this, IChatMessage>(this);
  private _focusWanted = new Signal<this, void>(this);
  private _sent = new Signal<this, void>(this);
}
