/** The services that the views of chats share. */

import { ActiveCellManager, SelectionWatcher } from '@jupyter/chat';
import { JupyterFrontEnd } from '@jupyterlab/application';
import { IThemeManager } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ICompleters, IMessageRenderers, IToolbarItems } from 'jupyter-ai-tokens';

import { openAttachment } from '../chat/opening';
import { IChatServices } from '../chat/services';
import { Api } from '../wire/api';

export interface IParts {
  readonly rmRegistry: IRenderMimeRegistry;
  readonly renderers: IMessageRenderers;
  readonly toolbarItems: IToolbarItems;
  readonly completers: ICompleters;
  readonly tracker: INotebookTracker | null;
  readonly documents: IDocumentManager | null;
  readonly themeManager: IThemeManager | null;
  readonly translator: ITranslator | null;
}

/** Gather what views need; waits until it is known who is here. */
export async function chatServices(app: JupyterFrontEnd, parts: IParts): Promise<IChatServices> {
  await app.serviceManager.user.ready;
  const identity = app.serviceManager.user.identity;
  const { serverSettings, contents } = app.serviceManager;
  return {
    api: new Api(serverSettings),
    user: {
      username: identity?.username ?? '',
      display_name: identity?.display_name ?? identity?.name ?? '',
      initials: identity?.initials,
      color: identity?.color,
      avatar_url: identity?.avatar_url
    },
    baseUrl: PageConfig.getBaseUrl(),
    contents,
    rmRegistry: parts.rmRegistry,
    themeManager: parts.themeManager,
    translator: parts.translator ?? nullTranslator,
    tracker: parts.tracker,
    documents: parts.documents,
    activeCellManager: parts.tracker
      ? new ActiveCellManager({ tracker: parts.tracker, shell: app.shell })
      : null,
    selectionWatcher: new SelectionWatcher({ shell: app.shell }),
    renderers: parts.renderers,
    toolbarItems: parts.toolbarItems,
    completers: parts.completers,
    open: async attachment => {
      if (parts.documents !== null) {
        await openAttachment(attachment, parts.documents, app.commands);
      }
    }
  };
}
