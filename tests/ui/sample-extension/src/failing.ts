// All of this throws, and must cost nothing else.

import { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { closeIcon, LabIcon } from '@jupyterlab/ui-components';
import {
  IChatPanels,
  ICompleters,
  ICompletion,
  IMessageRenderers,
  IMessageView,
  IToolbarItem,
  IToolbarItems
} from 'jupyter-ai-tokens';

function fail(): never {
  throw new Error('failing on purpose');
}

class FailingView implements IMessageView {
  readonly node = document.createElement('div');
  isDisposed = false;
  update = fail;
  dispose = fail;
}

const button: Omit<IToolbarItem, 'id'> = {
  place: 'message',
  label: 'Fail',
  icon: closeIcon,
  execute: fail
};

export const failing: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-colours:failing',
  autoStart: true,
  requires: [IMessageRenderers, IToolbarItems, ICompleters, IChatPanels],
  activate: (
    _,
    renderers: IMessageRenderers,
    items: IToolbarItems,
    completers: ICompleters,
    panels: IChatPanels
  ) => {
    renderers.add({ id: 'fails:accepts', rank: 1, accepts: fail, create: fail });
    renderers.add({ id: 'fails:create', rank: 2, accepts: () => true, create: fail });
    const isReply = ({ type }: { type: string }) => type === 'agent';
    renderers.add({
      id: 'fails:update',
      rank: 3,
      accepts: isReply,
      create: () => new FailingView()
    });
    items.add({ ...button, id: 'fails:visible', isVisible: fail });
    items.add({ ...button, id: 'fails:enabled', isEnabled: fail });
    items.add({ ...button, id: 'fails:execute' });
    items.add({ ...button, id: 'fails:icon', icon: undefined as unknown as LabIcon });
    items.add({ ...button, id: 'fails:panel', place: 'panel', rank: 1, isVisible: fail });
    completers.add({ id: 'fails:at once', rank: 1, complete: fail });
    completers.add({ id: 'fails:later', rank: 2, complete: async () => fail() });
    completers.add({
      id: 'fails:answer',
      rank: 3,
      complete: async () => [null, undefined, 7] as unknown as ICompletion[]
    });
    panels.add({ id: 'fails:panel', rank: 1, create: fail });
  }
};
