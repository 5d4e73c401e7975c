/** What the views of a chat need of JupyterLab and of this extension. */

import { IActiveCellManager, ISelectionWatcher, IUser } from '@jupyter/chat';
import { IThemeManager } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Contents } from '@jupyterlab/services';
import { ITranslator } from '@jupyterlab/translation';
import { Attachment, ICompleters, IMessageRenderers, IToolbarItems } from 'jupyter-ai-tokens';

import { Api } from '../wire/api';

export interface IChatServices {
  readonly api: Api;
  /** The person here. */
  readonly user: IUser;
  readonly baseUrl: string;
  readonly contents: Contents.IManager;
  /** Null where documents cannot be opened. */
  readonly documents: IDocumentManager | null;
  readonly rmRegistry: IRenderMimeRegistry;
  readonly themeManager: IThemeManager | null;
  readonly translator: ITranslator;
  /** Null where there are no notebooks. */
  readonly tracker: INotebookTracker | null;
  readonly activeCellManager: IActiveCellManager | null;
  readonly selectionWatcher: ISelectionWatcher | null;
  readonly renderers: IMessageRenderers;
  readonly toolbarItems: IToolbarItems;
  readonly completers: ICompleters;
  /** Show what is attached. */
  open(attachment: Attachment): Promise<void>;
}
