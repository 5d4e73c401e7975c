/** Where one types: what is completed, what is sent along, which keys do what. */

import { ChatCommandRegistry } from '@jupyter/chat';
import { IDisposable } from '@lumino/disposable';
import React from 'react';

import { IChatServices } from '../chat/services';
import { ChatSession } from '../chat/session';

export class Composer implements IDisposable {
  constructor(session: ChatSession, services: IChatServices) {
    this._session = session;
    this._services = services;
  }

  /** What completes the words of the input. */
  readonly commands = new ChatCommandRegistry();

  /** Shows what will be sent along. */
  readonly Included = (): JSX.Element | null => (this._services ? <></> : null);

  /** Send what was typed; false if it must stay. */
  submit(text: string): boolean {
    return this._session.send(text.trim());
  }

  /** Listen to the keys in a view. */
  attach(node: HTMLElement): void {
    this._node = node;
    node.addEventListener('keydown', this._onKey, true);
  }

  detach(): void {
    this._node?.removeEventListener('keydown', this._onKey, true);
    this._node = null;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this.detach();
    this._isDisposed = true;
  }

  private _onKey = (event: KeyboardEvent): void => {
    if (
      event.key === 'Escape' &&
      event.target instanceof HTMLTextAreaElement &&
      this._session.busy
    ) {
      this._session.stop();
    }
  };

  private readonly _session: ChatSession;
  private readonly _services: IChatServices;
  private _node: HTMLElement | null = null;
  private _isDisposed = false;
}
