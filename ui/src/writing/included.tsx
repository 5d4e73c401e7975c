/** What will be sent along with the prompt, shown above the input. */

import { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import { Selection } from 'jupyter-ai-tokens';
import React, { useEffect } from 'react';

import { useSignal } from '../chat/hooks';
import { Inclusion } from './inclusion';
import { ISource } from './sources';

const MOST_SHOWN = 20_000; // characters: more would make typing slow

export interface IIncludedProps {
  readonly inclusion: Inclusion;
  readonly trans: TranslationBundle;
  /** Called when it is on the page with the input below it; what it returns is called before they go. */
  onDrawn(): () => void;
  /** Called when the person took it away. */
  onRemoved(): void;
}

export function Included({
  inclusion,
  trans,
  onDrawn,
  onRemoved
}: IIncludedProps): JSX.Element | null {
  useEffect(() => onDrawn(), [onDrawn]);
  useSignal(inclusion.changed);
  const { source, selection } = inclusion;
  if (source === null) {
    return null;
  }
  const remove = () => {
    inclusion.include(null);
    onRemoved();
  };
  const removeLabel = trans.__('Do not include this');
  return (
    <div className="jp-ai-included" role="group" aria-label={trans.__('Included')}>
      <div className="jp-ai-included-head">
        <span className="jp-ai-included-title" role="status">
          {titleOf(source, trans)}
          {selection !== null && (
            <span className="jp-ai-included-size">{sizeOf(selection, trans)}</span>
          )}
        </span>
        <button
          type="button"
          className="jp-ai-icon-button"
          title={removeLabel}
          aria-label={removeLabel}
          onClick={remove}
        >
          <closeIcon.react tag="span" />
        </button>
      </div>
      {selection === null ? (
        <div className="jp-ai-included-nothing">
          {trans.__('Nothing is selected now: select something to include it.')}
        </div>
      ) : (
        <Shown selection={selection} trans={trans} />
      )}
    </div>
  );
}

function Shown({
  selection,
  trans
}: {
  selection: Selection;
  trans: TranslationBundle;
}): JSX.Element {
  const { source } = selection;
  const rest = source.length - MOST_SHOWN;
  return (
    <>
      <pre className="jp-ai-included-source" tabIndex={0} aria-label={trans.__('Text')}>
        {source.slice(0, MOST_SHOWN)}
      </pre>
      {rest > 0 && (
        <div className="jp-ai-included-nothing">
          {trans._n('… and %1 more character', '… and %1 more characters', rest)}
        </div>
      )}
      {selection.type === 'cell-with-error' && (
        <div className="jp-ai-included-error">
          <strong>{selection.error.name}</strong>: {selection.error.value}
        </div>
      )}
    </>
  );
}

function titleOf({ kind, file }: ISource, trans: TranslationBundle): string {
  switch (kind) {
    case 'selection':
      return trans.__('Selected text');
    case 'cell':
      return trans.__('Cell of %1', file ?? '');
    case 'error':
      return trans.__('Cell and error of %1', file ?? '');
    case 'message':
      return trans.__('As sent before');
  }
}

function sizeOf({ source }: Selection, trans: TranslationBundle): string {
  return trans._n('%1 line', '%1 lines', source.split('\n').length);
}
