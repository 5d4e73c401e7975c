/** Shows Markdown that grows: settled blocks are rendered once, only what follows them again. */

import { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { IChatMessage, IMessageView } from 'jupyter-ai-tokens';

import { BlockSplitter, codeOf } from './blocks';
import { makeHarmless } from './harmless';
import { pauseAfter } from './pace';
import { PlainCode } from './plain_code';

const MARKDOWN = 'text/markdown';
const PLAIN = 20_000; // characters of a code block beyond which colours would take too long
const LONGEST = 200_000; // characters of any block beyond which it is shown as it is: it would stop the page for seconds
const BREATH = 40; // ms of work after which the page may do something else
const MATHS = /\$|\\[([]|\\begin\{/; // what may be a formula

export interface IMarkdownOptions {
  readonly rmRegistry: IRenderMimeRegistry;
  /** What to do with a block that was rendered. */
  decorate(node: HTMLElement): void;
}

export class MarkdownView implements IMessageView {
  constructor(message: IChatMessage, options: IMarkdownOptions) {
    this._options = options;
    this._message = message;
    this.node.className = 'jp-ai-markdown';
    this._tail.className = 'jp-ai-tail';
    this.node.append(this._tail);
    void this._work();
  }

  readonly node = document.createElement('div');

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    window.clearTimeout(this._timer);
  }

  update(message: IChatMessage): void {
    if (!message.body.startsWith(this._message.body)) {
      this._reset();
    }
    const isOver = message.complete && !this._message.complete;
    this._message = message;
    this._isStale = true;
    if (this._isWorking) {
      return;
    }
    if (isOver) {
      window.clearTimeout(this._timer);
      this._timer = 0;
    }
    if (this._timer === 0) {
      void this._work();
    }
  }

  /** One look after the other, until nothing is new. */
  private async _work(): Promise<void> {
    this._timer = 0;
    this._isWorking = true;
    this._isStale = false;
    const wasEmpty = !this._message.body;
    try {
      await this._look();
    } finally {
      this._isWorking = false;
    }
    // The first text is shown as soon as it is there.
    if (!this._isDisposed && (this._isStale || !wasEmpty)) {
      const isUrgent = this._isStale && (wasEmpty || this._message.complete);
      this._timer = window.setTimeout(() => this._again(), isUrgent ? 0 : pauseAfter(this._cost));
    }
  }

  private _again(): void {
    this._timer = 0;
    if (this._isStale) {
      void this._work();
    }
  }

  private async _look(): Promise<void> {
    const turn = this._turn;
    const { body, complete } = this._message;
    const lookedAt = performance.now();
    const { settled, tail, code } = this._splitter.look(body, complete);
    const isGone = () => this._isDisposed || turn !== this._turn;
    // What was the tail gives way to its blocks at once: were it shorter in between, the page would jump.
    const ready: HTMLElement[] = [];
    const looked = performance.now() - lookedAt;
    let begin = performance.now();
    for (const block of settled) {
      ready.push(await this._render(block, true));
      if (isGone()) {
        return;
      }
      if (this._tail.childElementCount === 0) {
        this._tail.before(...ready.splice(0));
      }
      if (performance.now() - begin > BREATH) {
        await breath();
        begin = performance.now();
      }
    }
    begin = performance.now();
    const node = code === null && tail.trim() ? await this._render(tail, false) : null;
    if (isGone()) {
      return;
    }
    this._tail.before(...ready);
    if (code === null) {
      this._showTail(node);
      if (node !== null && performance.now() - begin > BREATH) {
        void node.offsetHeight; // to be laid out now, and counted
      }
      this._cost = node === null ? 0 : looked + performance.now() - begin;
    } else {
      this._cost = 0;
      if (settled.length > 0) {
        this._showTail(null);
      }
      this._showCode(code);
    }
  }

  private async _render(text: string, isSettled: boolean): Promise<HTMLElement> {
    const { rmRegistry, decorate } = this._options;
    const code = text.length > LONGEST ? text : text.length > PLAIN ? codeOf(text) : null;
    if (code !== null) {
      const plain = new PlainCode();
      plain.show(code);
      decorate(plain.node);
      return plain.node;
    }
    const renderer: IRenderMime.IRenderer = rmRegistry.createRenderer(MARKDOWN);
    await renderer.renderModel(
      rmRegistry.createModel({ data: { [MARKDOWN]: text }, trusted: false })
    );
    if (isSettled && MATHS.test(text)) {
      // It is never attached as a widget, only its node is: this typesets its formulas. To measure them, the whole
      // page is laid out, so that it is not done for what will be rendered again.
      MessageLoop.sendMessage(renderer, Widget.Msg.AfterAttach);
    }
    makeHarmless(renderer.node);
    decorate(renderer.node);
    return renderer.node;
  }

  private _showTail(node: HTMLElement | null): void {
    this._code = null;
    this._tail.replaceChildren(...(node === null ? [] : [node]));
  }

  /** Code that is still being written is text that grows, in no colours yet. */
  private _showCode(code: string): void {
    if (this._code?.show(code)) {
      return;
    }
    const plain = new PlainCode();
    plain.show(code);
    this._showTail(plain.node);
    this._code = plain;
  }

  private _reset(): void {
    this._turn++;
    this._splitter.reset();
    this._showTail(null);
    this.node.replaceChildren(this._tail);
  }

  private readonly _options: IMarkdownOptions;
  private readonly _splitter = new BlockSplitter();
  private readonly _tail = document.createElement('div');
  private _message: IChatMessage;
  private _code: PlainCode | null = null;
  /** Raised when all is to be shown anew. */
  private _turn = 0;
  /** ms that it took to render the tail. */
  private _cost = 0;
  private _timer = 0;
  private _isWorking = false;
  private _isStale = false;
  private _isDisposed = false;
}

function breath(): Promise<void> {
  return new Promise(resolve => window.setTimeout(resolve, 0));
}
