/** A session as the components of `@jupyter/chat` want it. What depends on their version is here. */

import {
  AbstractChatContext,
  AbstractChatModel,
  IActiveCellManager,
  IChatContext,
  IMessageContent,
  IMimeModelBody,
  ISelectionWatcher,
  IUser
} from '@jupyter/chat';
import { IChatMessage } from 'jupyter-ai-tokens';
import { flushSync } from 'react-dom';

import { Change } from '../wire/transcript';
import { avatarUrl } from './avatar';
import { ChatSession } from './session';
import { Window } from './window';

/** The type of a message's body: our renderer shows it, block by block while it is streamed. */
export const MESSAGE_MIME = 'application/vnd.jupyter-ai.message+json';

export interface IModelOptions {
  readonly session: ChatSession;
  readonly user: IUser;
  /** Where paths of avatars begin. */
  readonly baseUrl: string;
  readonly activeCellManager: IActiveCellManager | null;
  readonly selectionWatcher: ISelectionWatcher | null;
}

export class ChatModel extends AbstractChatModel {
  constructor(options: IModelOptions) {
    super({
      activeCellManager: options.activeCellManager,
      selectionWatcher: options.selectionWatcher,
      config: { stackMessages: false, unreadNotifications: false, sendTypingNotification: false }
    });
    this.session = options.session;
    this._user = options.user;
    this._baseUrl = options.baseUrl;
    this.name = options.session.title;
    // Without this `model.ready` never settles and the input gets no context.
    this.setReady();
    this._connectInput();
    this.session.messagesChanged.connect(this._onMessages, this);
    this.session.changed.connect(this._onChanged, this);
    this._sync();
  }

  readonly session: ChatSession;

  get user(): IUser {
    return this._user;
  }

  override createChatContext(): IChatContext {
    return new Context({ model: this });
  }

  override sendMessage(): boolean {
    this.session.submit();
    return true;
  }

  /** How many earlier messages are not shown. */
  get hidden(): number {
    return this._window.hidden;
  }

  /** Show more of them. */
  showEarlier(): void {
    this._window.more(this.session.messages);
    this._sync();
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.session.messagesChanged.disconnect(this._onMessages, this);
      this.session.changed.disconnect(this._onChanged, this);
      this.session.writing.promptChanged.disconnect(this._onDraft, this);
      this.session.focusWanted.disconnect(this._onFocus, this);
      super.dispose();
    }
  }

  /** What is typed is the session's draft, and the other way round. */
  private _connectInput(): void {
    const input = this.input;
    // The component's own forgets the text whether it was sent or not.
    input.send = () => this.session.submit();
    input.value = this.session.draft;
    input.valueChanged.connect((_, value) => {
      this.session.draft = value;
    });
    this.session.writing.promptChanged.connect(this._onDraft, this);
    this.session.focusWanted.connect(this._onFocus, this);
  }

  private _onDraft(): void {
    if (this.input.value !== this.session.draft) {
      this.input.value = this.session.draft;
    }
  }

  private _onFocus(): void {
    this.input.focus();
  }

  private _onChanged(): void {
    this.name = this.session.title;
  }

  private _onMessages(_: ChatSession, change: Change): void {
    const known = new Set(this.messages.map(message => message.id));
    const isAppended = change.removed.length === 0 && change.updated.length === 0;
    if (this.messages.length > 0 && isAppended && change.added.every(id => !known.has(id))) {
      const added = this.session.messages.slice(-change.added.length);
      if (added.every(message => change.added.includes(message.id))) {
        const contents = added.map(message => this._content(message));
        const insert = () => this.messagesInserted(this.messages.length, contents);
        // Of an answer that begins, the body would be drawn two frames later.
        if (added.some(message => !message.complete)) {
          flushSync(insert);
        } else {
          insert();
        }
        return;
      }
    }
    this._sync();
  }

  /** Have the session's messages, as far as they are shown. */
  private _sync(): void {
    const messages = this._window.of(this.session.messages);
    const ids = new Set(messages.map(message => message.id));
    for (const id of this._bodies.keys()) {
      if (!ids.has(id)) {
        this._bodies.delete(id);
      }
    }
    this.messages.splice(0, this.messages.length);
    this.messagesInserted(
      0,
      messages.map(message => this._content(message))
    );
  }

  private _content(message: IChatMessage): IMessageContent {
    return {
      type: 'msg',
      id: message.id,
      time: message.time,
      body: this._body(message.id),
      sender: this._sender(message)
    };
  }

  /** Always the same object: the component renders anew what it does not know. The renderer asks the session for the text. */
  private _body(id: string): IMimeModelBody {
    let body = this._bodies.get(id);
    if (body === undefined) {
      body = { data: { [MESSAGE_MIME]: { id } } };
      this._bodies.set(id, body);
    }
    return body;
  }

  private _sender(message: IChatMessage): IUser {
    if (message.type === 'human') {
      const isMine = this.session.isMine(message);
      return isMine
        ? this._user
        : { username: String(message.metadata.username), display_name: message.sender };
    }
    const { name, avatar_route } = message.persona!;
    return {
      username: `persona:${name}`,
      display_name: name,
      initials: [...name].slice(0, 1).join('').toUpperCase(),
      avatar_url: avatarUrl(this._baseUrl, avatar_route, this.session.id),
      bot: true
    };
  }

  private readonly _window = new Window<IChatMessage>();
  private readonly _bodies = new Map<string, IMimeModelBody>();
  private readonly _user: IUser;
  private readonly _baseUrl: string;
}

class Context extends AbstractChatContext {
  get users(): IUser[] {
    const bots = this._model.messages.map(message => message.sender).filter(sender => sender.bot);
    return [...new Map(bots.map(bot => [bot.username, bot])).values()];
  }
}
