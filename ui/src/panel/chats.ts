/** The chats of the server: their list, the one that is shown, and the sessions that are open. */

import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import type { ChatSession } from '../chat/session';
import type { Api, ChatDescription } from '../wire/api';

const MOST_OPEN = 8; // sessions; each is a connection and its messages
const FIRST_PAUSE = 500; // ms until the list is asked for again; each further pause is twice as long
const LONGEST_PAUSE = 10_000;
const GREETING = 1; // seconds after which what is said in a new chat is no greeting
const CURRENT = 'jupyter-ai:current';
const READ = 'jupyter-ai:read';

export interface IChatsOptions {
  readonly api: Pick<Api, 'chats' | 'createChat' | 'renameChat' | 'deleteChat'>;
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
  /** The name by which the server knows the person here. */
  readonly username: string;
  /** Begin a session. */
  open(chat: ChatDescription): ChatSession;
  /** Why the list could not be read, or null if it is worth another try. */
  explain(): Promise<string | null>;
  wait(milliseconds: number): Promise<void>;
}

/** A chat is not there any more. */
export interface ILoss {
  readonly chat: ChatDescription;
  /** The close code of its connection; null if it is only missing in the list. */
  readonly code: number | null;
  /** Whether it was removed from here. */
  readonly isMine: boolean;
}

/** A session that somebody shows; it may be closed when nobody holds it. */
export interface ISessionHold extends IDisposable {
  readonly session: ChatSession;
}

interface IOpen {
  readonly session: ChatSession;
  holds: number;
  isUnread: boolean;
}

export class Chats implements IDisposable {
  constructor(options: IChatsOptions) {
    this._options = options;
  }

  /** In the order of the server. */
  get items(): readonly ChatDescription[] {
    return this._items;
  }

  /** The chat that the panel shows; null until the list is known. */
  get current(): ChatDescription | null {
    return this.find(this._options.storage.getItem(CURRENT) ?? '') ?? this._default;
  }

  /** Why there is no list, where another try would not help. */
  get problem(): string | null {
    return this._problem;
  }

  get isLoaded(): boolean {
    return this._isLoaded;
  }

  /** The list, the current chat or an unread mark changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A chat that was open is gone. */
  get lost(): ISignal<this, ILoss> {
    return this._lost;
  }

  find(id: string): ChatDescription | undefined {
    return this._items.find(chat => chat.id === id);
  }

  /** Whether a chat belongs to the person here; where the server knows no identities, all do. */
  isMine(chat: ChatDescription): boolean {
    return chat.owner === '' || chat.owner === this._options.username;
  }

  /** Whether something was said in a chat that was not on the screen yet. */
  isUnread(chat: ChatDescription): boolean {
    const open = this._open.get(chat.id);
    if (open !== undefined) {
      return open.session.unread;
    }
    const { storage } = this._options;
    const read = storage.getItem(`${READ}:${chat.id}`) ?? storage.getItem(READ);
    return (chat.updated ?? 0) > Number(read ?? Infinity) && !isOnlyGreeted(chat);
  }

  get hasUnread(): boolean {
    return this._items.some(chat => this.isUnread(chat));
  }

  /** Read the list for the first time, again and again while the server does not answer. */
  load(): Promise<void> {
    this._loading ??= this._load().finally(() => (this._loading = null));
    return this._loading;
  }

  /** Read the list again; an answer that is older than a later question or action is dropped. */
  async refresh(): Promise<void> {
    const question = ++this._questions;
    let items: ChatDescription[];
    try {
      items = await this._options.api.chats();
    } catch {
      return; // what is known stays; the connection of the chat that is shown tells what is wrong
    }
    if (question === this._questions && !this._isDisposed) {
      this._take(items);
    }
  }

  /** Show a chat. */
  select(id: string): void {
    this._options.storage.setItem(CURRENT, id);
    this._changed.emit();
  }

  /** Begin a chat and show it. */
  async create(): Promise<ChatDescription> {
    const chat = await this._options.api.createChat();
    this._items = [...this._items.filter(other => other.id !== chat.id), chat];
    this.select(chat.id);
    void this.refresh();
    return chat;
  }

  async rename(id: string, title: string): Promise<void> {
    const renamed = await this._options.api.renameChat(id, title);
    this._items = this._items.map(chat => (chat.id === id ? renamed : chat));
    this._nameSessions();
    this._changed.emit();
    void this.refresh();
  }

  /** Delete a chat with all that was said. */
  async remove(id: string): Promise<void> {
    const chat = this.find(id);
    if (chat === undefined) {
      return;
    }
    // The server closes the connection before it answers.
    this._removing.add(id);
    try {
      await this._delete(id);
      if (this.find(id) !== undefined) {
        this._lose(chat, null);
      }
    } finally {
      this._removing.delete(id);
      void this.refresh();
    }
  }

  /** The session of a chat, the same for all who hold it. */
  hold(id: string): ISessionHold {
    const open = this._open.get(id) ?? this._begin(id);
    this._open.delete(id); // the last in the order is the last used
    this._open.set(id, open);
    open.holds++;
    if (open.session.state === 'refused') {
      open.session.reconnect();
    }
    this._closeUnused();
    return new Hold(open.session, () => {
      open.holds--;
      this._closeUnused();
    });
  }

  /** The ids of the chats whose sessions are open, the least recently used first. */
  get open(): readonly string[] {
    return [...this._open.keys()];
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    for (const id of this.open) {
      this._close(id);
    }
    Signal.clearData(this);
  }

  private get _default(): ChatDescription | null {
    const mine = this._items.filter(chat => this.isMine(chat));
    return mine.find(chat => chat.is_default) ?? this._items[0] ?? null;
  }

  private async _delete(id: string): Promise<void> {
    try {
      await this._options.api.deleteChat(id);
    } catch (error) {
      // Somebody was quicker.
      if ((error as { status?: number }).status !== 404) {
        throw error;
      }
    }
  }

  private async _load(): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!this._isDisposed) {
      await this.refresh();
      if (this._isLoaded) {
        return;
      }
      this._problem = await this._options.explain();
      this._changed.emit();
      if (this._problem !== null) {
        return;
      }
      await this._options.wait(pause);
      pause = Math.min(LONGEST_PAUSE, pause * 2);
    }
  }

  private _take(items: ChatDescription[]): void {
    const gone = this._items.filter(chat => !items.some(other => other.id === chat.id));
    this._items = items;
    this._isLoaded = true;
    this._problem = null;
    this._setOut();
    this._nameSessions();
    for (const chat of gone) {
      this._lose(chat, null);
    }
    this._changed.emit();
  }

  /** What was there when this browser saw the list for the first time is not news. */
  private _setOut(): void {
    const { storage } = this._options;
    if (storage.getItem(READ) === null) {
      const newest = Math.max(...this._items.map(chat => chat.updated ?? chat.created));
      storage.setItem(READ, String(newest));
    }
  }

  private _nameSessions(): void {
    for (const { id, title } of this._items) {
      const session = this._open.get(id)?.session;
      if (session !== undefined && session.title !== title) {
        session.title = title;
      }
    }
  }

  private _begin(id: string): IOpen {
    const session = this._options.open(this.find(id) ?? unknownChat(id));
    const open = { session, holds: 0, isUnread: session.unread };
    session.changed.connect(this._onSession, this);
    session.messagesChanged.connect(this._onMessages, this);
    this._open.set(id, open);
    return open;
  }

  private _onSession(session: ChatSession): void {
    const chat = this.find(session.id);
    if (chat !== undefined && typeof session.reason === 'number') {
      this._lose(chat, session.reason);
      void this.refresh();
    }
    this._noteUnread(session);
  }

  /** The first prompt of a chat names it. */
  private _onMessages(session: ChatSession): void {
    const chat = this.find(session.id);
    const isPrompted = session.messages.some(message => message.type === 'human');
    if (chat !== undefined && !chat.title && isPrompted) {
      void this.refresh();
    }
    this._noteUnread(session);
  }

  private _noteUnread(session: ChatSession): void {
    const open = this._open.get(session.id);
    if (open !== undefined && open.isUnread !== session.unread) {
      open.isUnread = session.unread;
      this._changed.emit();
    }
  }

  private _lose(chat: ChatDescription, code: number | null): void {
    const isShown = this.current?.id === chat.id || (this._open.get(chat.id)?.holds ?? 0) > 0;
    const isCurrent = this._options.storage.getItem(CURRENT) === chat.id;
    this._items = this._items.filter(other => other.id !== chat.id);
    if (isCurrent) {
      this._options.storage.setItem(CURRENT, '');
    }
    if (isShown || isCurrent) {
      this._lost.emit({ chat, code, isMine: this._removing.has(chat.id) });
    }
    this._closeUnused();
    this._changed.emit();
  }

  /** Close sessions that nobody shows: those of chats that are gone, and the least recently used beyond a number. */
  private _closeUnused(): void {
    for (const [id, { session, holds }] of this._open) {
      const isGone = this._isLoaded && this.find(id) === undefined;
      const isTooMany = this._open.size > MOST_OPEN && !session.busy;
      if (holds === 0 && (isGone || isTooMany)) {
        this._close(id);
      }
    }
  }

  private _close(id: string): void {
    const open = this._open.get(id);
    this._open.delete(id);
    open?.session.dispose();
  }

  private readonly _options: IChatsOptions;
  private _items: readonly ChatDescription[] = [];
  private _isLoaded = false;
  private _problem: string | null = null;
  private _loading: Promise<void> | null = null;
  private _questions = 0;
  /** By id, the least recently used first. */
  private _open = new Map<string, IOpen>();
  private _removing = new Set<string>();
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
  private _lost = new Signal<this, ILoss>(this);
}

class Hold extends DisposableDelegate implements ISessionHold {
  constructor(
    readonly session: ChatSession,
    release: () => void
  ) {
    super(release);
  }
}

/** Whether nobody has said anything in it: the first prompt names it, and a greeting comes with the chat. */
function isOnlyGreeted(chat: ChatDescription): boolean {
  return chat.title === '' || (chat.updated ?? 0) - chat.created < GREETING;
}

function unknownChat(id: string): ChatDescription {
  return { id, title: '', owner: '', shared: false, is_default: false, created: 0 };
}
