/** Where one types: what is completed, what is sent along, which keys do what. */

import { ChatCommandRegistry, IInputModel } from '@jupyter/chat';
import { TranslationBundle } from '@jupyterlab/translation';
import { IDisposable } from '@lumino/disposable';
import { Attachment } from 'jupyter-ai-tokens';
import React from 'react';

import { IChatServices } from '../chat/services';
import { ChatSession } from '../chat/session';
import { Addressee } from './addressee';
import { Attached } from './attached';
import { asAttachment, attach, saveAttached } from './attaching';
import { openNotebooks, withIndexes } from './cells';
import { Completions } from './completions';
import { Drops } from './dropping';
import { Included } from './included';
import { Inclusion } from './inclusion';
import { enterSends, escapeAction } from './keys';
import { namedSelection } from './named';
import { IPlace, places } from './places';
import { endOfFirstLine, isOnFirstLine, isOnLastLine, Recall } from './recall';
import { SendingKey } from './sending_key';
import { press, Textbox } from './textbox';

export class Composer implements IDisposable, IPlace {
  constructor(session: ChatSession, services: IChatServices) {
    this.session = session;
    this.services = services;
    this.inclusion = Inclusion.of(session);
    this.commands.addProvider(new Completions(session, services.completers));
    this._trans = services.translator.load('jupyter_ai');
    this._sendingKey = SendingKey.of(services.api);
    this.drops = new Drops({
      attach: paths => this._attach(paths.map(asAttachment)),
      refuse: () => {
        session.notice = this._trans.__(
          'Files on your computer cannot be attached. Upload them in the file browser, and drag them from there.'
        );
      }
    });
    this._recall = new Recall(() =>
      session.messages.filter(message => session.isMine(message)).map(message => message.prompt!)
    );
  }

  readonly session: ChatSession;
  readonly services: IChatServices;
  readonly inclusion: Inclusion;

  /** What completes the words of the input. */
  readonly commands = new ChatCommandRegistry();

  /** Shows what will be sent along; it is drawn together with the input. */
  readonly Included = (): JSX.Element => (
    <>
      <Included
        inclusion={this.inclusion}
        trans={this._trans}
        onDrawn={this._onDrawn}
        onRemoved={this._onRemoved}
      />
      <Attached session={this.session} services={this.services} trans={this._trans} />
    </>
  );

  /** Shows who answers; a part of the input. */
  readonly Addressee = (): JSX.Element => (
    <Addressee session={this.session} services={this.services} trans={this._trans} />
  );

  /** What is dropped on the view goes here first. */
  readonly drops: Drops;

  get node(): HTMLElement | null {
    return this._node;
  }

  /** Serve the input of a view that is on the page. */
  attach(node: HTMLElement, model: IInputModel): void {
    this._node = node;
    this._model = model;
    this._textbox = new Textbox(node, model);
    this._shown = this.inclusion.show({
      named: prompt => namedSelection(prompt, this.services),
      prepare: attachments => saveAttached(attachments, this.services.documents),
      placed: attachments => this._placed(attachments)
    });
    model.addAttachment = attachment => this._attach([attachment]);
    node.addEventListener('keydown', this._onKey, true);
    node.addEventListener('focusin', this._onFocus);
    this._sendingKey.changed.connect(this._onSendingKey, this);
    this._onSendingKey();
    places.enter(this);
  }

  detach(): void {
    if (this._node === null) {
      return;
    }
    places.leave(this);
    this._sendingKey.changed.disconnect(this._onSendingKey, this);
    this._node.removeEventListener('keydown', this._onKey, true);
    this._node.removeEventListener('focusin', this._onFocus);
    this._shown?.dispose();
    this._node = null;
    this._textbox = null;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this.detach();
    this._isDisposed = true;
  }

  private _attach(attachments: readonly Attachment[]): void {
    const { writing } = this.session;
    attach(this.session, attachments, this.services.contents, this._trans);
    writing.attachments = this._placed(writing.attachments);
    this.session.focus();
  }

  private _placed(attachments: readonly Attachment[]): readonly Attachment[] {
    return withIndexes(attachments, openNotebooks(this.services.tracker, this.services.contents));
  }

  private _onDrawn = (): (() => void) => {
    this._label();
    return this._textbox?.mendMenu(this._trans.__('Completions')) ?? (() => undefined);
  };

  private _onRemoved = (): void => {
    this.session.focus();
  };

  private _onSendingKey(): void {
    this._model!.config = { sendWithShiftEnter: this._sendingKey.withShift };
    this._label();
  }

  private _label(): void {
    const trans = this._trans;
    this._textbox?.label(
      trans.__('Prompt'),
      this._sendingKey.withShift
        ? trans.__('Ask; / for commands, @ for personas and context, Shift+Enter sends')
        : trans.__('Ask; / for commands, @ for personas and context, Enter sends')
    );
  }

  private _onFocus = (): void => {
    places.enter(this);
  };

  /** Before the component, whose ways with some keys are not ours. */
  private _onKey = (event: KeyboardEvent): void => {
    if (event.target !== this._textbox?.node) {
      return;
    }
    // While a letter is composed of several keys, they are the browser's.
    if (event.isComposing || event.keyCode === 229) {
      event.stopPropagation();
      return;
    }
    switch (event.key) {
      case 'Enter':
        return this._onEnter(event);
      case 'Escape':
        return this._onEscape(event);
      case 'ArrowUp':
      case 'ArrowDown':
        return this._onArrow(event);
      case 'Tab':
        return this._onTab(event);
    }
  };

  /** Here, as the component would prevent the new line too late. */
  private _onEnter(event: KeyboardEvent): void {
    if (this._textbox!.isMenuOpen) {
      return;
    }
    event.stopPropagation();
    if (this.session.writing.isEmpty) {
      event.preventDefault();
    } else if (enterSends(event.shiftKey, this._sendingKey.withShift)) {
      event.preventDefault();
      this.session.submit();
    }
  }

  private _onEscape(event: KeyboardEvent): void {
    const action = escapeAction({
      isMenuOpen: this._textbox!.isMenuOpen,
      isEditing: this.session.editing !== null,
      isBusy: this.session.busy
    });
    if (action === 'close-menu') {
      return; // the component does
    }
    if (action !== null) {
      event.preventDefault();
      event.stopPropagation();
    }
    if (action === 'cancel-edit') {
      this.session.cancelEdit();
    } else if (action === 'stop') {
      this.session.stop();
    }
  }

  private _onArrow(event: KeyboardEvent): void {
    const textbox = this._textbox!;
    if (textbox.isMenuOpen || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const { value, selectionStart, selectionEnd } = textbox.node!;
    let recalled: string | null = null;
    if (event.key === 'ArrowUp') {
      if (value === '' || (this._recall.isShown(value) && isOnFirstLine(value, selectionStart))) {
        recalled = this._recall.back(value);
      }
    } else if (isOnLastLine(value, selectionEnd)) {
      recalled = this._recall.forward(value);
    }
    if (recalled !== null) {
      event.preventDefault();
      event.stopPropagation();
      // Where the same key goes on.
      const isUp = event.key === 'ArrowUp';
      textbox.write(recalled, isUp ? endOfFirstLine(recalled) : recalled.length);
    }
  }

  /** The menu's line is taken by Tab too. */
  private _onTab(event: KeyboardEvent): void {
    if (this._textbox!.isMenuOpen && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      press(event.target!, 'Enter');
    }
  }

  private readonly _trans: TranslationBundle;
  private readonly _sendingKey: SendingKey;
  private readonly _recall: Recall;
  private _node: HTMLElement | null = null;
  private _model: IInputModel | null = null;
  private _textbox: Textbox | null = null;
  private _shown: IDisposable | null = null;
  private _isDisposed = false;
}
