/** Shows a reply that tells of a failure in a form of its own. */

import { TranslationBundle } from '@jupyterlab/translation';
import { IChatMessage, IMessageView } from 'jupyter-ai-tokens';

import { hasFailed } from './marks';

/** Whether a message tells of a failure. An answer that one cut short does not: what tells of it follows. */
export function isError(message: IChatMessage): boolean {
  return hasFailed(message) && !message.streamed;
}

/** A frame around the view of its text, in which the handler has folded the details. */
export class ErrorView implements IMessageView {
  constructor(text: IMessageView, trans: TranslationBundle) {
    this._text = text;
    this.node.className = 'jp-ai-error';
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', trans.__('Error'));
    this.node.append(text.node);
  }

  readonly node = document.createElement('div');

  get isDisposed(): boolean {
    return this._text.isDisposed;
  }

  dispose(): void {
    this._text.dispose();
  }

  update(message: IChatMessage): void {
    this._text.update(message);
  }

  private readonly _text: IMessageView;
}
