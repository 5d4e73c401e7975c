/** The body of a message on the screen, as JupyterLab's registry of renderers wants it. */

import { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
import { IChatMessage, IMessageRenderer, IMessageRenderers, IMessageView } from 'jupyter-ai-tokens';

import { MESSAGE_MIME } from '../chat/model';
import { ChatSession } from '../chat/session';
import { createMessageNode } from './message_node';

/** Shows messages of one session, each by the renderer that accepts it, as long as they are there. */
export class MessageViews {
  constructor(session: ChatSession, renderers: IMessageRenderers) {
    this._session = session;
    this._renderers = renderers;
    session.messageChanged.connect(this._onMessage, this);
    session.messagesChanged.connect(this._onMessages, this);
    renderers.changed.connect(this._onRenderers, this);
  }

  /** `registry`, and our renderer for the bodies of messages. */
  extend(registry: IRenderMimeRegistry): IRenderMimeRegistry {
    const extended = registry.clone();
    extended.addFactory(
      { safe: true, mimeTypes: [MESSAGE_MIME], createRenderer: () => new MessageRenderer(this) },
      0
    );
    return extended;
  }

  /** Show message `id` in `node`, until the message goes or something else is shown there. */
  show(id: string, node: HTMLElement): void {
    const message = this._session.find(id);
    if (message !== undefined) {
      const before = this._shown.get(id);
      if (before !== undefined) {
        leave(before);
      }
      const shown = { node, renderer: null, view: null, failed: new Set<IMessageRenderer>() };
      this._shown.set(id, shown);
      this._draw(message, shown);
    }
  }

  dispose(): void {
    this._session.messageChanged.disconnect(this._onMessage, this);
    this._session.messagesChanged.disconnect(this._onMessages, this);
    this._renderers.changed.disconnect(this._onRenderers, this);
    this._shown.forEach(leave);
    this._shown.clear();
  }

  private _draw(message: IChatMessage, shown: IShown): void {
    const isShown = this._renderers.items.some(
      renderer => !shown.failed.has(renderer) && this._drawBy(renderer, message, shown)
    );
    if (!isShown) {
      // What no renderer shows is shown as it is.
      shown.node.replaceChildren(document.createTextNode(message.body));
      leave(shown);
    }
  }

  /** Whether this renderer shows it. Another extension's code may throw; then the next renderer is asked. */
  private _drawBy(renderer: IMessageRenderer, message: IChatMessage, shown: IShown): boolean {
    try {
      if (!renderer.accepts(message)) {
        return false;
      }
      if (renderer === shown.renderer) {
        shown.view!.update(message);
      } else {
        const view = renderer.create(message, this._session);
        shown.node.replaceChildren(view.node);
        leave(shown);
        shown.renderer = renderer;
        shown.view = view;
      }
      return true;
    } catch (error) {
      console.error(`The message renderer ${renderer.id} failed:`, error);
      shown.failed.add(renderer);
      return false;
    }
  }

  private _onMessage(_: ChatSession, message: IChatMessage): void {
    const shown = this._shown.get(message.id);
    if (shown !== undefined) {
      this._draw(message, shown);
    }
  }

  private _onMessages(): void {
    for (const [id, shown] of this._shown) {
      if (this._session.find(id) === undefined) {
        leave(shown);
        this._shown.delete(id);
      }
    }
  }

  private _onRenderers(): void {
    for (const [id, shown] of this._shown) {
      const message = this._session.find(id);
      if (message !== undefined) {
        this._draw(message, shown);
      }
    }
  }

  private readonly _session: ChatSession;
  private readonly _renderers: IMessageRenderers;
  private readonly _shown = new Map<string, IShown>();
}

interface IShown {
  readonly node: HTMLElement;
  renderer: IMessageRenderer | null;
  view: IMessageView | null;
  /** Those that threw; they are not asked again about this message. */
  readonly failed: Set<IMessageRenderer>;
}

/** What `@jupyter/chat` asks for; it never disposes of it, so all that lasts is in `MessageViews`. */
class MessageRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly _views: MessageViews) {
    super({ node: createMessageNode() });
    this.addClass('jp-ai-message');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { id } = model.data[MESSAGE_MIME] as { id: string };
    this._views.show(id, this.node);
    return Promise.resolve();
  }
}

/** End the view that is shown. */
function leave(shown: IShown): void {
  const { renderer, view } = shown;
  shown.renderer = null;
  shown.view = null;
  try {
    view?.dispose();
  } catch (error) {
    console.error(`The message renderer ${renderer?.id} failed:`, error);
  }
}
