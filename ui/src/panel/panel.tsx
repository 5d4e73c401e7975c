/** The chat in the sidebar: which one, what can be done with it, and the chat itself. */

import { ReactWidget } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { IToolbarItems } from 'jupyter-ai-tokens';
import React from 'react';

import { useSignal } from '../chat/hooks';
import type { ChatSession } from '../chat/session';
import { explainClose } from '../wire/explain';
import { Chats, ILoss, ISessionHold } from './chats';
import { chatIcon } from './icons';
import { titleOf } from './names';
import { Notice } from './notice';
import { Seen } from './seen';
import { Selector } from './selector';
import { PanelToolbar } from './toolbar';

export const PANEL_ID = 'jupyter-ai-panel';

export interface IChatPanelOptions {
  readonly chats: Chats;
  readonly items: IToolbarItems;
  readonly trans: TranslationBundle;
  /** The view of a session; it does not end the session when it is disposed of. */
  createView(session: ChatSession): Widget;
  createSettings(): Widget;
}

export class ChatPanel extends Panel {
  constructor(options: IChatPanelOptions) {
    super();
    const { chats, trans } = options;
    this._options = options;
    this.id = PANEL_ID;
    this.addClass('jp-ai-panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Chat'));
    this.title.icon = chatIcon;
    this._notice = new Notice(trans);
    this._header = new Header(this, options);
    this.addWidget(this._header);
    this.addWidget(this._notice);
    chats.changed.connect(this._refresh, this);
    chats.lost.connect(this._onLost, this);
    this._refresh();
  }

  /** The session of the chat that is shown. */
  get session(): ChatSession | null {
    return this._hold?.session ?? null;
  }

  /** Tell something above the chat, until it is dismissed. */
  tell(text: string): void {
    this._notice.text = text;
  }

  /** Put the settings in the place of the chat, until they are closed. */
  showSettings(): void {
    if (this._settings === null) {
      this._settings = this._options.createSettings();
      this._settings.addClass('jp-ai-panel-body');
      this.addWidget(this._settings);
      this._header.update();
      this._show();
    }
  }

  hideSettings(): void {
    this._settings?.dispose();
    this._settings = null;
    this._header.update();
    this._show();
    this.session?.focus();
  }

  /** The next activation leaves the focus where it is. */
  keepQuiet(): void {
    this._isQuiet = true;
  }

  get isSettingsShown(): boolean {
    return this._settings !== null;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._leave();
      super.dispose();
    }
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this._show();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this._show();
    if (this._settings === null && !this._isQuiet) {
      this.session?.focus();
    }
    this._isQuiet = false;
  }

  private _refresh(): void {
    const { chats } = this._options;
    const current = chats.current;
    if (current !== null && current.id !== this.session?.id) {
      const isAnother = this._hold !== null;
      this._leave();
      this._hold = chats.hold(current.id);
      if (isAnother) {
        this.session?.focus();
      }
      this._header.update();
    }
    this._mark();
    this._show();
  }

  private _leave(): void {
    const left = this._hold;
    this._hold = null;
    this._seen?.dispose();
    this._seen = null;
    this._body?.dispose();
    this._body = null;
    left?.dispose();
  }

  /** Show what is to be seen; a view is not made before somebody looks. */
  private _show(): void {
    if (this._body === null && this.isVisible) {
      this._body = this._createBody();
      this._body?.addClass('jp-ai-panel-body');
      if (this._body !== null) {
        this.addWidget(this._body);
      }
    }
    this._body?.setHidden(this._settings !== null);
  }

  private _createBody(): Widget | null {
    if (this._hold === null) {
      return null;
    }
    const body = this._options.createView(this._hold.session);
    this._seen = new Seen(body, this._hold.session);
    return body;
  }

  /** The mark and the words at the sidebar's tab. */
  private _mark(): void {
    const { chats, trans } = this._options;
    this.title.className = chats.hasUnread ? 'jp-ai-unread' : '';
    this.title.caption = chats.hasUnread ? trans.__('Chat (unread answers)') : trans.__('Chat');
  }

  private _onLost(_: Chats, { chat, code, isMine }: ILoss): void {
    const { trans } = this._options;
    if (!isMine) {
      const reason =
        code === null
          ? trans.__('It was deleted, or is not shared any more.')
          : explainClose(code, trans);
      this.tell(trans.__('The chat "%1" is gone. %2', titleOf(chat, trans), reason));
    }
  }

  private readonly _options: IChatPanelOptions;
  private readonly _notice: Notice;
  private readonly _header: Header;
  private _hold: ISessionHold | null = null;
  private _body: Widget | null = null;
  private _seen: Seen | null = null;
  private _settings: Widget | null = null;
  private _isQuiet = false;
}

class Header extends ReactWidget {
  constructor(
    private readonly _panel: ChatPanel,
    private readonly _options: IChatPanelOptions
  ) {
    super();
    this.addClass('jp-ai-header');
  }

  protected override render(): JSX.Element {
    const { chats, items, trans } = this._options;
    const { session, isSettingsShown } = this._panel;
    if (isSettingsShown) {
      return (
        <button
          type="button"
          className="jp-ai-text-button jp-ai-back"
          autoFocus
          onClick={() => this._panel.hideSettings()}
        >
          {trans.__('Back to the chat')}
        </button>
      );
    }
    return (
      <>
        <Selector chats={chats} trans={trans} />
        {session === null ? (
          <Loading chats={chats} trans={trans} />
        ) : (
          <PanelToolbar items={items} context={{ chat: session }} trans={trans} />
        )}
      </>
    );
  }
}

/** Why there is no chat yet. */
function Loading({ chats, trans }: { chats: Chats; trans: TranslationBundle }): JSX.Element {
  useSignal(chats.changed);
  return (
    <div role="status" className="jp-ai-loading">
      <span>{chats.problem ?? trans.__('Connecting to the server…')}</span>
      {chats.problem !== null && (
        <button type="button" className="jp-ai-text-button" onClick={() => void chats.load()}>
          {trans.__('Try again')}
        </button>
      )}
    </div>
  );
}
