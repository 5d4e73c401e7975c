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
    const factory = this._panels.items.find(item => !this._failed.has(item)) ?? null;
    if (factory === this._factory) {
      return;
    }
    const wasVisible = this._panel?.isVisible ?? false;
    this._panel?.dispose();
    this._panel = null;
    this._factory = factory;
    if (factory !== null) {
      this._show(factory);
    }
    if (wasVisible) {
      this.activate();
    }
  }

  /** Another extension's code may throw; then the next panel is tried. */
  private _show(factory: IChatPanelFactory): void {
    try {
      this._panel = this._add(factory.create());
    } catch (error) {
      console.error(`The panel ${factory.id} failed:`, error);
      this._failed.add(factory);
      this._update();
    }
  }

  private _add(panel: Widget): Widget {
    panel.id ||= PANEL_ID;
    this._shell.add(panel, 'right', { rank: RANK });
    this._restorer?.add(panel, PANEL_ID);
    return panel;
  }

  private readonly _failed = new Set<IChatPanelFactory>();
  private _factory: IChatPanelFactory | null = null;
  private _panel: Widget | null = null;
}
