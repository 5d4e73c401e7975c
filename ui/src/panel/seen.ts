/** What is on the screen is read. */

import { IDisposable } from '@lumino/disposable';
import { IMessageHandler, Message, MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import type { ChatSession } from '../chat/session';

/** Marks a session as read as long as the widget and the page are seen; who leaves before an answer's end has not read it. */
export class Seen implements IDisposable {
  constructor(
    private readonly _widget: Widget,
    private readonly _session: ChatSession
  ) {
    MessageLoop.installMessageHook(_widget, this._onMessage);
    window.addEventListener('focus', this._mark);
    _session.changed.connect(this._mark);
    _session.messagesChanged.connect(this._mark);
    this._mark();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    MessageLoop.removeMessageHook(this._widget, this._onMessage);
    window.removeEventListener('focus', this._mark);
    this._session.changed.disconnect(this._mark);
    this._session.messagesChanged.disconnect(this._mark);
  }

  private _onMessage = (_: IMessageHandler, message: Message): boolean => {
    if (message.type === 'after-show' || message.type === 'after-attach') {
      // The widget takes itself for visible after this only.
      queueMicrotask(this._mark);
    }
    return true;
  };

  private _mark = (): void => {
    if (
      !this._isDisposed &&
      this._widget.isVisible &&
      document.hasFocus() &&
      this._session.unread
    ) {
      this._session.markRead();
    }
  };

  private _isDisposed = false;
}
