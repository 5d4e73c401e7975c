/** A chat on the screen: its messages, what is going on, and where one types. */

import {
  Chat,
  ChatInput,
  ChatMessages,
  ChatReactContext,
  ChatWidget,
  InputToolbarRegistry,
  JlThemeProvider,
  MessageFooterRegistry,
  MessageFooterSectionProps
} from '@jupyter/chat';
import { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import React, { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';

import { Below } from '../reading/below';
import { Follower } from '../reading/follow';
import { markOf } from '../reading/marks';
import { MessageViews } from '../reading/message_renderer';
import { Composer } from '../writing/composer';
import { DESKTOP_EVENTS } from '../writing/dropping';
import { useSignal } from './hooks';
import { ChatModel } from './model';
import { IChatServices } from './services';
import { ChatSession } from './session';
import { Announcer, ConnectionStatus, Editing, Notice, Pending } from './status';
import { Toolbar } from './toolbar';

export interface IChatViewOptions {
  readonly session: ChatSession;
  readonly area: 'sidebar' | 'main';
  readonly services: IChatServices;
}

/** The view of a session; the session outlives it. */
export function createChatView(options: IChatViewOptions): ChatView {
  const { session, services } = options;
  const composer = new Composer(session, services);
  const model = new ChatModel({
    session,
    user: services.user,
    baseUrl: services.baseUrl,
    activeCellManager: services.activeCellManager,
    selectionWatcher: services.selectionWatcher
  });
  return new ChatView(options, model, composer);
}

export class ChatView extends ChatWidget {
  constructor(options: IChatViewOptions, model: ChatModel, composer: Composer) {
    const { session, services, area } = options;
    const views = new MessageViews(session, services.renderers);
    const rmRegistry = views.extend(services.rmRegistry);
    super({ model, rmRegistry, themeManager: services.themeManager, area });
    this.id = `jupyter-ai-view-${area}-${session.id}`;
    this.addClass('jp-ai-chat');
    this._views = views;
    this._options = options;
    this._model = model;
    this._composer = composer;
    this._trans = services.translator.load('jupyter_ai');
    this._context = {
      model,
      rmRegistry,
      area,
      chatCommandRegistry: composer.commands,
      inputToolbarRegistry: inputToolbar(composer, services, this._trans),
      messageFooterRegistry: footers(session, services, this._trans)
    };
  }

  get session(): ChatSession {
    return this._options.session;
  }

  override render(): JSX.Element {
    const { session, services } = this._options;
    const trans = this._trans;
    return (
      <JlThemeProvider themeManager={services.themeManager}>
        <Modest session={session}>
          <ChatReactContext.Provider value={this._context}>
            <Conversation session={session} model={this._model} trans={trans} />
            <Pending session={session} trans={trans} />
            <Announcer session={session} trans={trans} />
            <ConnectionStatus session={session} trans={trans} />
            <Notice session={session} trans={trans} />
            <Editing session={session} trans={trans} />
            <this._composer.Included />
            <ChatInput model={this._model.input} sx={{ padding: '4px' }} />
          </ChatReactContext.Provider>
        </Modest>
      </JlThemeProvider>
    );
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._views.dispose();
      this._composer.dispose();
      super.dispose();
      this._model.dispose();
    }
  }

  override handleEvent(event: Event): void {
    if (!this._composer.drops.take(event)) {
      super.handleEvent(event);
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    DESKTOP_EVENTS.forEach(type => this.node.addEventListener(type, this));
    this._composer.attach(this.node, this._model.input);
  }

  protected override onBeforeDetach(message: Message): void {
    this._composer.detach();
    DESKTOP_EVENTS.forEach(type => this.node.removeEventListener(type, this));
    super.onBeforeDetach(message);
  }

  private readonly _options: IChatViewOptions;
  private readonly _model: ChatModel;
  private readonly _composer: Composer;
  private readonly _views: MessageViews;
  private readonly _context: Chat.IChatProps;
  private readonly _trans: TranslationBundle;
}

/** Leaves the focus where it is: the input takes it when it is drawn, from whoever is typing elsewhere by then. */
function Modest({
  session,
  children
}: {
  session: ChatSession;
  children: React.ReactNode;
}): JSX.Element {
  const before = useRef<Element | null>(null);
  useLayoutEffect(() => {
    before.current = document.activeElement;
  }, []);
  // Run after the input's own.
  useEffect(() => {
    const now = document.activeElement;
    if (session.isFocusWanted || now === before.current || !(now instanceof HTMLElement)) {
      return;
    }
    now.blur();
    if (before.current instanceof HTMLElement) {
      before.current.focus();
    }
  }, [session]);
  return <div className="jp-ThemedContainer jp-ai-chat-body">{children}</div>;
}

/** The messages, which follow their end. */
function Conversation({
  session,
  model,
  trans
}: {
  session: ChatSession;
  model: ChatModel;
  trans: TranslationBundle;
}): JSX.Element {
  const node = useRef<HTMLDivElement>(null);
  const [follower, setFollower] = useState<Follower | null>(null);
  const [above] = useState(() => document.createElement('div'));
  useEffect(() => {
    const scrolled = node.current!.querySelector<HTMLElement>(
      '[id^="jupyter-chat-scroll-container"]'
    )!;
    scrolled.tabIndex = 0; // so that the keyboard scrolls it
    scrolled.prepend(above);
    const following = new Follower(scrolled, () =>
      session.messages.every(message => message.type !== 'human')
    );
    const pin = () => following.pin();
    session.sent.connect(pin);
    setFollower(following);
    return () => {
      session.sent.disconnect(pin);
      following.dispose();
    };
  }, [session, above]);
  return (
    <div
      ref={node}
      className="jp-ai-conversation"
      role="region"
      aria-label={trans.__('Conversation')}
      onMouseOver={event => tellWhole(event.target as Element)}
    >
      <ChatMessages />
      {follower !== null && (
        <>
          {createPortal(<Earlier follower={follower} model={model} trans={trans} />, above)}
          <ToEnd follower={follower} trans={trans} />
        </>
      )}
    </div>
  );
}

/** A name that is cut off is told in full when the mouse rests on it. */
function tellWhole(node: Element): void {
  const name = node.closest<HTMLElement>('.jp-chat-message-header p');
  if (name !== null) {
    name.title = name.scrollWidth > name.clientWidth ? name.textContent : '';
  }
}

/** Above the first message that is shown, if it is not the chat's first. */
function Earlier({
  follower,
  model,
  trans
}: {
  follower: Follower;
  model: ChatModel;
  trans: TranslationBundle;
}): JSX.Element | null {
  useSignal(model.messagesUpdated);
  const button = useRef<HTMLButtonElement>(null);
  if (model.hidden === 0) {
    return null;
  }
  const show = () => {
    const scrolled = button.current!.parentElement!.parentElement!;
    follower.hold(scrolled.querySelector<HTMLElement>('.jp-chat-message')!);
    model.showEarlier();
    if (model.hidden === 0) {
      scrolled.focus({ preventScroll: true }); // the button goes, and the focus with it
    }
  };
  return (
    <button ref={button} type="button" className="jp-ai-text-button jp-ai-earlier" onClick={show}>
      {trans.__('Show earlier messages (%1 more)', model.hidden)}
    </button>
  );
}

function ToEnd({
  follower,
  trans
}: {
  follower: Follower;
  trans: TranslationBundle;
}): JSX.Element | null {
  useSignal(follower.changed);
  if (follower.isPinned) {
    return null;
  }
  const label = trans.__('Go to the last message');
  return (
    <button
      type="button"
      className="jp-ai-icon-button jp-ai-to-end"
      title={label}
      aria-label={label}
      onClick={() => follower.pin()}
    >
      <caretDownIcon.react tag="span" />
    </button>
  );
}

/** Below a message: how it ended, and what can be done with it. */
function footers(
  session: ChatSession,
  services: IChatServices,
  trans: TranslationBundle
): MessageFooterRegistry {
  const registry = new MessageFooterRegistry();
  const Told = ({ message }: MessageFooterSectionProps): JSX.Element | null => {
    useSignal(session.changed);
    const found = session.find(message.id);
    const mark = found ? markOf(found, trans) : null;
    return found === undefined ? null : (
      <>
        <Below message={found} services={services} trans={trans} />
        {mark !== null && <span className="jp-ai-mark">{mark}</span>}
      </>
    );
  };
  const Actions = ({ message }: MessageFooterSectionProps): JSX.Element | null => {
    useSignal(session.changed);
    const found = session.find(message.id);
    return found === undefined ? null : (
      <Toolbar
        items={services.toolbarItems}
        place="message"
        context={{ chat: session, message: found }}
        label={trans.__('Message')}
      />
    );
  };
  registry.addSection({ position: 'left', component: Told });
  registry.addSection({ position: 'right', component: Actions });
  return registry;
}

function inputToolbar(
  composer: Composer,
  services: IChatServices,
  trans: TranslationBundle
): InputToolbarRegistry {
  const { session } = composer;
  const registry = new InputToolbarRegistry();
  const Buttons = (): JSX.Element => {
    useSignal(session.writing.promptChanged);
    useSignal(session.writing.attachmentsChanged);
    return (
      <Toolbar
        items={services.toolbarItems}
        place="input"
        context={{ chat: session }}
        label={trans.__('Input')}
      />
    );
  };
  registry.addItem('addressee', { position: 0, element: composer.Addressee });
  registry.addItem('jupyter-ai', { position: 1, element: Buttons });
  return registry;
}
