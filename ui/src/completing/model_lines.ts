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

const AUTO = 'auto';

/** "Default" and "Automatic", then the models that can be used, then those that cannot, with the reason. */
export function linesOf({ models, chosen }: Models, trans: Pick<TranslationBundle, '__'>): ILine[] {
  const first = trans.__('Chosen for You');
  const line = (model: Model): ILine => ({
    id: model.id,
    label: model.name,
    detail: detailOf(model),
    category: model.id === AUTO ? first : model.vendor || model.id,
    isChosen: model.id === chosen
  });
  const byDefault = {
    id: '',
    label: trans.__('Default'),
    detail: trans.__('What the administrator has chosen'),
    category: first,
    isChosen: chosen === ''
  };
  return [byDefault, ...models.toSorted((a, b) => rankOf(a) - rankOf(b)).map(line)];
}

function rankOf({ id, available }: Model): number {
  return id === AUTO ? 0 : available ? 1 : 2;
}

function detailOf({ id, available, reason, description, family }: Model): string {
  return [available ? null : reason, description, family, id === AUTO ? '' : id]
    .filter(Boolean)
    .join(' · ');
}
