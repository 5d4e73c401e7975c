/** The body of a message on the screen, as JupyterLab's registry of renderers wants it. */

import { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
import { IChatMessage, IMessageRenderer, IMessageRenderers, IMessageView } from 'jupyter-ai-tokens';

import { MESSAGE_MIME } from '../chat/model';
import { ChatSession } from '../chat/session';

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
      this._shown.get(id)?.view?.dispose();
      const shown = { node, renderer: null, view: null };
      this._shown.set(id, shown);
      this._draw(message, shown);
    }
  }

  dispose(): void {
    this._session.messageChanged.disconnect(this._onMessage, this);
    this._session.messagesChanged.disconnect(this._onMessages, this);
    this._renderers.changed.disconnect(this._onRenderers, this);
    for (const shown of this._shown.values()) {
      shown.view?.dispose();
    }
    this._shown.clear();
  }

  private _draw(message: IChatMessage, shown: IShown): void {
    const renderer = this._renderers.items.find(item => accepts(item, message)) ?? null;
    if (renderer !== null && renderer === shown.renderer && shown.view !== null) {
      shown.view.update(message);
      return;
    }
    shown.view?.dispose();
    shown.renderer = renderer;
    shown.view = renderer === null ? null : create(renderer, message, this._session);
    // What no renderer shows is shown as it is.
    shown.node.replaceChildren(shown.view?.node ?? document.createTextNode(message.body));
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
        shown.view?.dispose();
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
}

/** What `@jupyter/chat` asks for; it never disposes of it, so all that lasts is in `MessageViews`. */
class MessageRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly _views: MessageViews) {
    super();
    this.addClass('jp-ai-message');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { id } = model.data[MESSAGE_MIME] as { id: string };
    this._views.show(id, this.node);
    return Promise.resolve();
  }
}

/** Another extension's code may throw; then the next renderer is asked. */
function accepts(renderer: IMessageRenderer, message: IChatMessage): boolean {
  try {
    return renderer.accepts(message);
  } catch (error) {
    console.error(`The message renderer ${renderer.id} failed:`, error);
    return false;
  }
}

function create(
  renderer: IMessageRenderer,
  message: IChatMessage,
  session: ChatSession
): IMessageView | null {
  try {
    return renderer.create(message, session);
  } catch (error) {
    console.error(`The message renderer ${renderer.id} failed:`, error);
    return null;
  }
}
