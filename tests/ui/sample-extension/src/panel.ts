import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Widget } from '@lumino/widgets';
import { IChatPanels } from 'jupyter-ai-tokens';

export const panel: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-colours:panel',
  autoStart: true,
  requires: [IChatPanels],
  activate: ({ commands }: JupyterFrontEnd, panels: IChatPanels) => {
    const replaced = panels.add({ id: 'panel', create: () => new ColourPanel(commands) });
    commands.addCommand('jupyter-ai-colours:give-back', { execute: () => replaced.dispose() });
  }
};

class ColourPanel extends Widget {
  constructor(commands: JupyterFrontEnd['commands']) {
    super();
    this.title.label = 'Colours';
    const button = document.createElement('button');
    button.textContent = 'Talk about colours';
    button.onclick = () => void commands.execute('jupyter-ai-ui:open-main');
    this.node.append(button);
  }
}
