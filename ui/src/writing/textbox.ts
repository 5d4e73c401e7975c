/** The text area of `@jupyter/chat`'s input, which it gives no other hold on. */

import { IInputModel } from '@jupyter/chat';

import { wordAt } from './word';

const SELECTOR = '.jp-chat-input-textfield textarea:not([aria-hidden])';

export class Textbox {
  /** `view` is what the input is in, `model` what it shows. */
  constructor(view: HTMLElement, model: IInputModel) {
    this._view = view;
    this._model = model;
    model.replaceCurrentWord = word => this._replaceWord(word);
  }

  /** Null until it is drawn. */
  get node(): HTMLTextAreaElement | null {
    return this._view.querySelector<HTMLTextAreaElement>(SELECTOR);
  }

  get isMenuOpen(): boolean {
    return this.node?.getAttribute('aria-expanded') === 'true';
  }

  /** Have another text, and the cursor in it. */
  write(text: string, cursor = text.length): void {
    const { node } = this;
    if (node !== null) {
      // What React finds there already it does not write, so that the cursor stays.
      node.value = text;
      node.setSelectionRange(cursor, cursor);
    }
    this._model.value = text;
    this._model.cursorIndex = cursor;
  }

  /** Put words at the cursor, apart from those around it. */
  insert(words: string): void {
    const text = this._model.value;
    const cursor = this.node?.selectionEnd ?? text.length;
    const before = text.slice(0, cursor);
    const after = text.slice(cursor);
    const gap = before === '' || /\s$/.test(before) ? '' : ' ';
    const head = `${before}${gap}${words}${/^\s/.test(after) ? '' : ' '}`;
    this.write(head + after, head.length);
  }

  /** Tell people what it is. */
  label(name: string, placeholder: string): void {
    const { node } = this;
    if (node !== null) {
      node.setAttribute('aria-label', name);
      node.placeholder = placeholder;
    }
  }

  /** Mend the menu whenever it opens, and name it; returns what ends that. */
  mendMenu(name: string): () => void {
    const { node } = this;
    if (node === null) {
      return () => undefined;
    }
    const observer = new MutationObserver(() => {
      if (this.isMenuOpen) {
        nameMenu(node, name);
        // The first arrow key makes the component draw again, which puts the mark back on the first line.
        press(node, 'ArrowDown');
      }
    });
    observer.observe(node, { attributes: true, attributeFilter: ['aria-expanded'] });
    return () => observer.disconnect();
  }

  /** The component's own puts the cursor behind the whole text. */
  private _replaceWord(word: string): void {
    const text = this._model.value;
    const { start, end } = wordAt(text, this._model.cursorIndex ?? text.length);
    // The space that is there already is the one that follows.
    const isGapDoubled = word.endsWith(' ') && text[end] === ' ';
    const after = text.slice(isGapDoubled ? end + 1 : end);
    this.write(text.slice(0, start) + word + after, start + word.length);
  }

  private readonly _view: HTMLElement;
  private readonly _model: IInputModel;
}

/** Do as if a key was pressed. */
export function press(node: EventTarget, key: string): void {
  node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
}

function nameMenu(node: HTMLElement, name: string): void {
  const id = node.getAttribute('aria-controls');
  const menu = id === null ? null : document.getElementById(id);
  menu?.removeAttribute('aria-labelledby'); // there is no such element
  menu?.setAttribute('aria-label', name);
}
