/** A command for a terminal, with a button that copies it. */

import { Clipboard } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

export function CopyCommand(props: { command: string; trans: TranslationBundle }): JSX.Element {
  const { command, trans } = props;
  const [isCopied, setCopied] = useState(false);
  return (
    <div className="jp-ai-settings-command">
      <code>{command}</code>
      <button
        type="button"
        className="jp-mod-styled jp-mod-minimal"
        onClick={() => {
          Clipboard.copyToSystem(command);
          setCopied(true);
        }}
      >
        {isCopied ? trans.__('Copied') : trans.__('Copy')}
      </button>
    </div>
  );
}
