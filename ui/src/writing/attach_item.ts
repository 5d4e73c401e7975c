/** The button of the input that asks which files to attach. */

import { IDocumentManager } from '@jupyterlab/docmanager';
import { FileDialog } from '@jupyterlab/filebrowser';
import { Contents } from '@jupyterlab/services';
import { ITranslator } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import { IToolbarItem } from 'jupyter-ai-tokens';

import { ChatSession } from '../chat/session';
import { asAttachment, attach, Drives } from './attaching';

const attachIcon = new LabIcon({
  name: 'jupyter-ai-ui:attach',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    '<path class="jp-icon3" style="fill:none" stroke="#616161" stroke-width="2" stroke-linecap="round" ' +
    'd="M7 8v9a5 5 0 0 0 10 0V6.5a3.5 3.5 0 0 0-7 0V16a2 2 0 0 0 4 0V8"/></svg>'
});

export function attachItem(
  documents: IDocumentManager,
  drives: Drives,
  translator: ITranslator
): IToolbarItem {
  const trans = translator.load('jupyter_ai');
  const attachChosen = (session: ChatSession, chosen: readonly Contents.IModel[]) => {
    // Where nothing is selected, it is the folder that is open.
    const paths = chosen.map(({ path }) => path).filter(path => drives.localPath(path) !== '');
    if (paths.length === 0) {
      session.notice = trans.__('Nothing was attached: select files or folders.');
    }
    attach(session, paths.map(asAttachment), drives, trans);
  };
  return {
    id: 'attach',
    rank: 70,
    place: 'input',
    label: trans.__('Attach files'),
    icon: attachIcon,
    execute: async ({ chat }) => {
      const chosen = await FileDialog.getOpenFiles({
        title: trans.__('Attach Files to the Prompt'),
        label: trans.__('A folder is attached as the list of what is in it.'),
        manager: documents,
        translator
      });
      if (chosen.button.accept) {
        attachChosen(chat as ChatSession, chosen.value ?? []);
      }
      chat.focus();
    }
  };
}
