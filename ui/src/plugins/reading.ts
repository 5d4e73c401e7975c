/** The built-in renderers of messages. */

import { ActiveCellManager, SelectionWatcher } from '@jupyter/chat';
import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IChatMessage, IMessageRenderers, IMessageView } from 'jupyter-ai-tokens';

import { addCodeToolbars } from '../reading/code_toolbar';
import { ErrorView, isError } from '../reading/error_view';
import { offerForeign, OwnImagesSanitizer } from '../reading/foreign_images';
import { MarkdownView } from '../reading/markdown_view';
import { withoutStopWords } from '../reading/marks';
import { addBuiltIn } from '../registry';

/** A view that sees its message through `map`. */
function mapped(view: IMessageView, map: (message: IChatMessage) => IChatMessage): IMessageView {
  return {
    node: view.node,
    get isDisposed() {
      return view.isDisposed;
    },
    dispose: () => view.dispose(),
    update: message => view.update(map(message))
  };
}

export const reading: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-ui:reading',
  description: 'Shows the messages of the chat.',
  autoStart: true,
  requires: [IMessageRenderers, IRenderMimeRegistry],
  optional: [INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    renderers: IMessageRenderers,
    rmRegistry: IRenderMimeRegistry,
    tracker: INotebookTracker | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_ai');
    const actions = {
      trans,
      activeCellManager: tracker ? new ActiveCellManager({ tracker, shell: app.shell }) : null,
      selectionWatcher: tracker ? new SelectionWatcher({ shell: app.shell }) : null
    };
    const decorate = (node: HTMLElement) => {
      offerForeign(node, trans);
      addCodeToolbars(node, actions);
    };
    // Each view has its own, which knows the renderers that are there by then.
    const registry = () =>
      rmRegistry.clone({ sanitizer: new OwnImagesSanitizer(rmRegistry.sanitizer) });
    const show = (message: IChatMessage) =>
      new MarkdownView(message, { rmRegistry: registry(), decorate });
    // The mark below a stopped reply tells so; as its last words it would be told twice.
    const showReply = (message: IChatMessage) =>
      mapped(show(withoutStopWords(message)), withoutStopWords);

    addBuiltIn(renderers, {
      id: 'markdown',
      rank: 1000,
      accepts: () => true,
      create: showReply
    });
    addBuiltIn(renderers, {
      id: 'error',
      rank: 900,
      accepts: isError,
      create: message => new ErrorView(show(message), trans)
    });
  }
};
