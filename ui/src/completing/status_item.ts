/** The item of the status bar: which model completes, or why none does; a click opens a menu. */

import { type Menu, Widget } from '@lumino/widgets';

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
    this.node.addEventListener('mousedown', this._onMouse);
    this.node.addEventListener('click', this._onKey);
  }

  /** Show what is told, to those who cannot hover, too. */
  tell({ text, detail, kind }: ITold): void {
    this._text.textContent = text;
    this.node.dataset.kind = kind;
    this.node.title = detail;
    this.node.setAttribute('aria-label', `${text}: ${detail}`);
  }

  /** Not the click: what else is in the bar changes when the editor loses the focus, and this moves. */
  private _onMouse = (event: MouseEvent): void => {
    if (event.button === 0) {
      event.preventDefault();
      this._open();
    }
  };

  private _onKey = (event: MouseEvent): void => {
    if (event.detail === 0) {
      this._open().aboutToClose.connect(() => this.node.focus());
    }
  };

  private _open(): Menu {
    const menu = this._createMenu();
    const { left, top } = this.node.getBoundingClientRect();
    menu.open(left, top); // upwards: there is no room below
    return menu;
  }

  private readonly _text: HTMLElement;
}
