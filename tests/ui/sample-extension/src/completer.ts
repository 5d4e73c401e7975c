import { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICompleter, ICompleters } from 'jupyter-ai-tokens';

const NAMES: Record<string, string> = { '#ff0000': 'red', '#008000': 'green', '#0000ff': 'blue' };

const colours: ICompleter = {
  id: 'colours',
  complete: async ({ word }) =>
    Object.keys(NAMES)
      .filter(colour => word !== '' && colour.startsWith(word))
      .map(colour => ({ label: colour, description: NAMES[colour], isWhole: true }))
};

export const completer: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-colours:completer',
  autoStart: true,
  requires: [ICompleters],
  activate: (_, completers: ICompleters) => {
    completers.add(colours);
  }
};
