import { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IChatMessage, IMessageRenderer, IMessageRenderers, IMessageView } from 'jupyter-ai-tokens';

const COLOUR = /^#[0-9a-f]{6}$/i;

const swatches: IMessageRenderer = {
  id: 'colours:swatch',
  accepts: message => COLOUR.test(message.body.trim()),
  create: message => new Swatch(message)
};

class Swatch implements IMessageView {
  constructor(message: IChatMessage) {
    this.update(message);
  }

  readonly node = document.createElement('div');
  isDisposed = false;

  update(message: IChatMessage): void {
    const colour = message.body.trim();
    this.node.className = 'colours-swatch';
    this.node.style.borderInlineStart = `2em solid ${colour}`;
    this.node.textContent = `The colour ${colour}`;
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

export const renderer: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-colours:renderer',
  autoStart: true,
  requires: [IMessageRenderers],
  activate: (_, renderers: IMessageRenderers) => {
    renderers.add(swatches);
  }
};
