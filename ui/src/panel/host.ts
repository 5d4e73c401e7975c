/** Puts the panel into the sidebar: the first that the registry holds, at any time. */

import { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { Widget } from '@lumino/widgets';
import { IChatPanelFactory, IChatPanels } from 'jupyter-ai-tokens';

import { PANEL_ID } from './panel';

const RANK = 900; // below what JupyterLab itself has there

export class PanelHost {
  constructor(
    private readonly _shell: JupyterFrontEnd.IShell,
    private readonly _panels: IChatPanels,
    private readonly _restorer: ILayoutRestorer | null
  ) {
    _panels.changed.connect(this._update, this);
    this._update();
  }

  /** The panel that is shown; null if it is switched off. */
  get panel(): Widget | null {
    return this._panel;
  }

  /** Open the sidebar at the panel. */
  activate(): void {
    if (this._panel !== null) {
      this._shell.activateById(this._panel.id);
    }
  }

  private _update(): void {
    const factory = this._panels.items.at(0) ?? null;
    if (factory === this._factory) {
      return;
    }
    const wasVisible = this._panel?.isVisible ?? false;
    this._panel?.dispose();
    this._factory = factory;
    this._panel = factory === null ? null : this._add(factory.create());
    if (wasVisible) {
      this.activate();
    }
  }

  private _add(panel: Widget): Widget {
    panel.id ||= PANEL_ID;
    this._shell.add(panel, 'right', { rank: RANK });
    this._restorer?.add(panel, PANEL_ID);
    return panel;
  }

  private _factory: IChatPanelFactory | null = null;
  private _panel: Widget | null = null;
}
