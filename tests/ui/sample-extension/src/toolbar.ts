import { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { copyIcon } from '@jupyterlab/ui-components';
import { IToolbarItem, IToolbarItems } from 'jupyter-ai-tokens';

const copyAsQuotation: IToolbarItem = {
  id: 'copy',
  rank: 10,
  place: 'message',
  label: 'Copy the message as a quotation',
  icon: copyIcon,
  isVisible: ({ message }) => message !== undefined && message.complete,
  execute: ({ message }) => navigator.clipboard.writeText(message!.body.replace(/^/gm, '> '))
};

export const toolbar: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-colours:toolbar',
  autoStart: true,
  requires: [IToolbarItems],
  activate: (_, items: IToolbarItems) => {
    items.add(copyAsQuotation);
    items.disable('delete');
  }
};
