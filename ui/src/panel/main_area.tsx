/** Chats and their settings as tabs of the main area. */

import { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, ReactWidget, WidgetTracker } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { settingsIcon } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import { IToolbarItems } from 'jupyter-ai-tokens';
import React from 'react';

import type { ChatSession } from '../chat/session';
import { Chats, ILoss, ISessionHold } from './chats';
import { chatIcon } from './icons';
import { titleOf } from './names';
import { Seen } from './seen';
import { PanelToolbar } from './toolbar';

const SETTINGS_ID = 'jupyter-ai-settings';
/** They are about the panel. */
const NOT_IN_TABS = ['new', 'main-area'];

export interface IMainAreaOptions {
  readonly shell: JupyterFrontEnd.IShell;
  readonly chats: Chats;
  readonly items: IToolbarItems;
  readonly trans: TranslationBundle;
  createView(session: ChatSession): Widget;
  createSettings(): Widget;
}

export class MainArea {
  constructor(options: IMainAreaOptions) {
    this._options = options;
    options.chats.lost.connect(this._onLost, this);
    options.chats.changed.connect(this._onList, this);
  }

  /** The tabs of chats; to be restored by their chats' ids. */
  readonly tracker = new WidgetTracker<ChatTab>({ namespace: 'jupyter-ai-chats' });

  /** Show a chat in a tab of its own. */
  open(id: string): ChatTab {
    const { shell, chats } = this._options;
    let tab = this.tracker.find(other => other.session.id === id);
    if (tab === undefined) {
      tab = this._create(chats.hold(id));
      shell.add(tab, 'main');
      void this.tracker.add(tab);
    }
    shell.activateById(tab.id);
    return tab;
  }

  /** The session in the tab that is active, or null. */
  get session(): ChatSession | null {
    const tab = this.tracker.currentWidget;
    return tab !== null && tab === this._options.shell.currentWidget ? tab.session : null;
  }

  openSettings(): void {
    const { shell, trans, createSettings } = this._options;
    if (this._settings === null || this._settings.isDisposed) {
      const content = createSettings();
      this._settings = new MainAreaWidget({ content });
      this._settings.id = SETTINGS_ID;
      this._settings.title.label = trans.__('Chat settings');
      this._settings.title.icon = settingsIcon;
      this._settings.title.closable = true;
      shell.add(this._settings, 'main');
    }
    shell.activateById(this._settings.id);
  }

  private _create(hold: ISessionHold): ChatTab {
    const { items, trans, createView } = this._options;
    const toolbar = ReactWidget.create(
      <PanelToolbar
        items={items}
        context={{ chat: hold.session }}
        trans={trans}
        without={NOT_IN_TABS}
      />
    );
    return new ChatTab(hold, createView(hold.session), toolbar, trans);
  }

  /** Once it is known which chats there are, what was restored of others is closed. */
  private _onList(chats: Chats): void {
    if (chats.isLoaded) {
      chats.changed.disconnect(this._onList, this);
      const gone: ChatTab[] = [];
      this.tracker.forEach(tab => {
        if (chats.find(tab.session.id) === undefined) {
          gone.push(tab);
        }
      });
      gone.forEach(tab => tab.dispose());
    }
  }

  private _onLost(_: Chats, { chat, isMine }: ILoss): void {
    if (isMine) {
      this.tracker.find(tab => tab.session.id === chat.id)?.dispose();
    }
  }

  private readonly _options: IMainAreaOptions;
  private _settings: MainAreaWidget | null = null;
}

/** A chat in the main area. */
export class ChatTab extends MainAreaWidget<Panel> {
  constructor(hold: ISessionHold, view: Widget, toolbar: Widget, trans: TranslationBundle) {
    const content = new Panel();
    content.addClass('jp-ai-tab');
    view.addClass('jp-ai-panel-body');
    content.addWidget(view);
    super({ content });
    this._hold = hold;
    this._trans = trans;
    this._seen = new Seen(view, hold.session);
    this.id = `jupyter-ai-chat-${hold.session.id}`;
    this.toolbar.addItem('jupyter-ai', toolbar);
    this.title.icon = chatIcon;
    this.title.closable = true;
    hold.session.changed.connect(this._onChanged, this);
    this._onChanged();
  }

  get session(): ChatSession {
    return this._hold.session;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._hold.session.changed.disconnect(this._onChanged, this);
      this._seen.dispose();
      super.dispose();
      this._hold.dispose();
    }
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.session.focus();
  }

  private _onChanged(): void {
    this.title.label = titleOf(this.session, this._trans);
    this.title.className = this.session.unread ? 'jp-ai-unread' : '';
  }

  private readonly _hold: ISessionHold;
  private readonly _trans: TranslationBundle;
  private readonly _seen: Seen;
}
