/** The item of the status bar: which model completes, or why none does; a click opens a menu. */

import { Menu, Widget } from '@lumino/widgets';

import { completeIcon } from './icon';
import { ITold } from './told';

export class StatusItem extends Widget {
  /** `createMenu` is called for each click. */
  constructor(private readonly _createMenu: () => Menu) {
    super({ node: document.createElement('button') });
    this.addClass('jp-ai-completions');
    this.addClass('jp-mod-highlighted');
    this.node.setAttribute('type', 'button');
    this.node.setAttribute('aria-haspopup', 'menu');
    completeIcon.element({ container: this.node, stylesheet: 'statusBar', tag: 'span' });
    this._text = this.node.appendChild(document.createElement('span'));
    this.node.addEventListener('click', this._open);
  }

  /** Show what is told, to those who cannot hover, too. */
  tell({ text, detail, kind }: ITold): void {
    this._text.textContent = text;
    this.node.dataset.kind = kind;
    this.node.title = detail;
    this.node.setAttribute('aria-label', `${text}: ${detail}`);
  }

  private _open = (): void => {
    const menu = this._createMenu();
    const { left, top } = this.node.getBoundingClientRect();
    menu.aboutToClose.connect(() => this.node.focus());
    menu.open(left, top); // it opens upwards where there is no room below
  };

  private readonly _text: HTMLElement;
}
