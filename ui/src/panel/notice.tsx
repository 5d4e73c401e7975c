/** Something that is told once, until it is dismissed. */

import { ReactWidget } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

export class Notice extends ReactWidget {
  constructor(private readonly _trans: TranslationBundle) {
    super();
    this.addClass('jp-ai-panel-notice');
    // The region must be there before its text for it to be read out.
    this.node.setAttribute('role', 'status');
  }

  get text(): string | null {
    return this._text;
  }
  set text(text: string | null) {
    this._text = text;
    this.update();
  }

  protected override render(): JSX.Element {
    if (this._text === null) {
      return <></>;
    }
    return (
      <>
        <span>{this._text}</span>
        <button type="button" className="jp-ai-text-button" onClick={() => (this.text = null)}>
          {this._trans.__('Dismiss')}
        </button>
      </>
    );
  }

  private _text: string | null = null;
}
