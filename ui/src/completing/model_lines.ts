/** The lines of the list of models that may complete. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Model, Models } from './wire';

export interface ILine {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  readonly isChosen: boolean;
  /** The heading that it stands below. */
  readonly category: string;
}

/** "Default" and "Automatic", then the models that can be used, then those that cannot, with the reason. */
export function linesOf({ models, chosen }: Models, trans: Pick<TranslationBundle, '__'>): ILine[] {
  const line = (id: string, label: string, detail: string, category: string): ILine => ({
    id,
    label,
    detail,
    category,
    isChosen: id === chosen
  });
  const choice = trans.__('Chosen for You');
  return [
    line('', trans.__('Default'), trans.__('The one that the administrator has chosen'), choice),
    line(
      'auto',
      trans.__('Automatic'),
      trans.__('The one that answers best at the moment'),
      choice
    ),
    ...[...models]
      .sort((a, b) => Number(b.available) - Number(a.available))
      .map(model => line(model.id, model.name, detailOf(model), model.vendor || model.id))
  ];
}

function detailOf({ id, available, reason, description, family }: Model): string {
  return [available ? null : reason, description, family, id].filter(Boolean).join(' · ');
}
